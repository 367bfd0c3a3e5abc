import { forwardedAddress } from "../../core/http/request/forwarded-address.ts"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import { ConfigurationInvalid } from "../errors/errors.ts"

/**
 * For the option `clientAddress` behind proxies that add the address of their client to `X-Forwarded-For`, as nginx, load
 * balancers and CDNs do: the address that the outermost of your proxies has added, without port and brackets. What a client
 * wrote into the header itself is never read. `undefined` if the header has fewer addresses than you have proxies.
 *
 * @param options.proxies how many of your proxies each request passes: 1 for one nginx or load balancer, 2 with a CDN
 * before it. Requests must not be able to bypass one of them.
 * @throws ConfigurationInvalid if `proxies` is not a whole number from 1 on
 * @example createAuth({ …, clientAddress: forwardedFor({ proxies: 1 }) })
 */
export const forwardedFor = (options: { readonly proxies: number }): ((head: RequestHead) => string | undefined) => {
  const { proxies } = options
  if (!(Number.isInteger(proxies) && proxies >= 1))
    throw new ConfigurationInvalid({
      problems: ["forwardedFor: write proxies: 1, or how many proxies of yours there are"]
    })
  return (head) => forwardedAddress(head, proxies)
}
