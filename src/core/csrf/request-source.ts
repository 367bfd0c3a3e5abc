/** Whether the page that sent a request is a page of this site. */
import { type HostSettings, host } from "../http/request/host.ts"
import type { RequestHead } from "../http/request/request-head.ts"
import { isSecure } from "../http/request/scheme.ts"
import type { TrustedOrigin } from "./trusted-origins.ts"

/** The settings that tell this site and the trusted ones from others. */
export interface SourceSettings {
  /** The settings that tell host and scheme of the request. */
  readonly http: HostSettings
  /** CSRF_TRUSTED_ORIGINS. */
  readonly trustedOrigins: ReadonlyArray<TrustedOrigin>
}

/** Whether an Origin is that of the request's own URL. */
export const isOwnOrigin = (settings: HostSettings, head: RequestHead, origin: string): boolean => {
  const own = host(settings, head)
  return own._tag === "Host" && origin === `${isSecure(settings, head) ? "https" : "http"}://${own.host}`
}

/** Whether the host of the request is in ALLOWED_HOSTS. */
export const hasAllowedHost = (settings: HostSettings, head: RequestHead): boolean =>
  host(settings, head)._tag === "Host"
