import { readAddress } from "../../core/http/request/ip-address.ts"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import { inAscii, quoted } from "../../core/json/json-string.ts"

interface ClientAddressOptions {
  readonly clientAddress?: (head: RequestHead) => string | undefined
  readonly throttle?: object | undefined
}

/**
 * The address of the client of a request: as the application says it, otherwise the socket's. The application is warned
 * once when it returns a text that is no address: to the throttle and to the queue for password checks, all clients
 * with such a text are one client. Fetch, Hono and Next.js know no socket. So in production the first request without
 * an address is a warning, if the throttle needs addresses.
 */
export const clientAddressOf = ({
  clientAddress,
  throttle
}: ClientAddressOptions): ((head: RequestHead) => string | undefined) => {
  if (clientAddress !== undefined) return warningOfOthers(clientAddress, throttle !== undefined)
  let warns = throttle !== undefined && process.env["NODE_ENV"] === "production"
  return ({ transport }) => {
    if (warns && transport.clientAddress === undefined) {
      warns = false
      console.warn(
        "latchkey: throttle: this adapter knows no address of the client, so failed logins are counted by user name only; write the option clientAddress: forwardedFor({ proxies: 1 }), or (head) => the address that your proxy or platform reports"
      )
    }
    return transport.clientAddress
  }
}

const sharedCount = "all such clients share one count of failed logins, and one attacker makes them all wait"
const sharedPlace = "the queue for password checks takes the addresses of all such clients for one"
const advice =
  "return one address, or undefined if it is not known; X-Forwarded-For is read by clientAddress: forwardedFor({ proxies }), where proxies is the number of addresses that your proxies add to this header"

const warningOfOthers = (
  clientAddress: (head: RequestHead) => string | undefined,
  hasThrottle: boolean
): ((head: RequestHead) => string | undefined) => {
  let warns = true
  return (head) => {
    // Code in JavaScript may return other values, such as the `null` of `Headers.get`.
    const returned: unknown = clientAddress(head)
    const address = typeof returned === "string" ? returned : undefined
    if (warns && returned !== undefined && (address === undefined || readAddress(address) === undefined)) {
      warns = false
      const shown = address === undefined ? kindOf(returned) : inAscii(quoted(address.slice(0, 100)))
      console.warn(
        `latchkey: clientAddress returned ${shown}, which is no address: ${hasThrottle ? sharedCount : sharedPlace}; ${advice}`
      )
    }
    return address
  }
}

const kindOf = (value: unknown): string => (value === null ? "null" : `a value of type ${typeof value}`)
