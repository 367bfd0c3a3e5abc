import { readAddress } from "../../core/http/request/ip-address.ts"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import { inAscii, quoted } from "../../core/json/json-string.ts"

interface ClientAddressOptions {
  readonly clientAddress?: (head: RequestHead) => string | undefined
  readonly throttle?: object | undefined
}

/**
 * The address of the client of a request: as the application says it, otherwise the socket's. The application is warned
 * once when it returns a text that is no address. Fetch, Hono and Next.js know no socket. So in production the first
 * request without an address is a warning, if the throttle needs addresses.
 */
export const clientAddressOf = ({
  clientAddress,
  throttle
}: ClientAddressOptions): ((head: RequestHead) => string | undefined) => {
  if (clientAddress !== undefined) return warningOfOthers(clientAddress)
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

const warningOfOthers = (
  clientAddress: (head: RequestHead) => string | undefined
): ((head: RequestHead) => string | undefined) => {
  let warns = true
  return (head) => {
    const address = clientAddress(head)
    if (warns && address !== undefined && readAddress(address) === undefined) {
      warns = false
      console.warn(
        `latchkey: clientAddress returned ${inAscii(quoted(address.slice(0, 100)))}, which is no address: all such clients share one count of failed logins, and one attacker makes them all wait; for X-Forwarded-For write clientAddress: forwardedFor({ proxies: 1 })`
      )
    }
    return address
  }
}
