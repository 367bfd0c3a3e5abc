import { forwardedAddress } from "../../core/http/request/forwarded-address.ts"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import { ConfigurationInvalid } from "../errors/errors.ts"

/**
 * For the option `clientAddress` behind proxies that add addresses to the right end of `X-Forwarded-For`, as nginx,
 * load balancers and CDNs do: the first of the addresses that your proxies have added, without port and brackets. What
 * a client wrote into the header itself is never read. `undefined` if the header has fewer addresses.
 *
 * @param options.proxies how many addresses at the right of the header your proxies have added: 1 for one nginx or most
 * load balancers, 2 with a CDN before it, or for a load balancer that adds two. Requests must not be able to bypass one
 * of the proxies.
 * @throws ConfigurationInvalid if `proxies` is not a whole number from 1 on
 * @example createAuth({ …, clientAddress: forwardedFor({ proxies: 1 }) })
 */
export const forwardedFor = (options: { readonly proxies: number }): ((head: RequestHead) => string | undefined) => {
  const { proxies } = options
  if (!(Number.isInteger(proxies) && proxies >= 1))
    throw new ConfigurationInvalid({
      problems: ["forwardedFor: write proxies: 1, or how many addresses your proxies add to X-Forwarded-For"]
    })
  return (head) => forwardedAddress(head, proxies)
}
