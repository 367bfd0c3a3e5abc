import type { RequestHead } from "../../core/http/request/request-head.ts"

interface ClientAddressOptions {
  readonly clientAddress?: (head: RequestHead) => string | undefined
  readonly throttle?: object | undefined
}

/**
 * The address of the client of a request: as the application says it, otherwise the socket's. Fetch, Hono and Next.js know
 * no socket. So in production the first request without an address is a warning, if the throttle needs addresses.
 */
export const clientAddressOf = ({
  clientAddress,
  throttle
}: ClientAddressOptions): ((head: RequestHead) => string | undefined) => {
  if (clientAddress !== undefined) return clientAddress
  let warns = throttle !== undefined && process.env["NODE_ENV"] === "production"
  return ({ transport }) => {
    if (warns && transport.clientAddress === undefined) {
      warns = false
      console.warn(
        "latchkey: throttle: this adapter knows no address of the client, so failed logins are counted by user name only; write the option clientAddress: (head) => the address that your proxy or platform reports"
      )
    }
    return transport.clientAddress
  }
}
