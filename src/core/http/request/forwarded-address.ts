/** The address that the application's own proxies report. */
import { withoutPort } from "./ip-address.ts"
import { header, type RequestHead } from "./request-head.ts"

/**
 * The n-th address from the right of `X-Forwarded-For`, without port and brackets: each proxy adds at the right the
 * address that it was called from, and all further left may be written by the client. `undefined` if there are fewer.
 */
export const forwardedAddress = (head: RequestHead, proxies: number): string | undefined =>
  withoutPort(header(head, "x-forwarded-for")?.split(",").at(-proxies)?.trim() ?? "") || undefined
