/** The scheme and port that the client used. A proxy's headers are used only if the settings say so. */

import { trim } from "../headers/white-space.ts"
import { header, type RequestHead } from "./request-head.ts"

export interface SchemeSettings {
  /** SECURE_PROXY_SSL_HEADER: a header that the proxy always sets or removes, and its value for a secure request. */
  readonly secureProxyHeader: readonly [name: string, value: string] | undefined
  /** USE_X_FORWARDED_PORT. */
  readonly useForwardedPort: boolean
}

/**
 * Whether the client used https. If the configured header exists, it decides, not the socket. If its value is a list,
 * only the first item counts.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpRequest.scheme
 */
export const isSecure = (settings: SchemeSettings, head: RequestHead): boolean => {
  if (settings.secureProxyHeader === undefined) return head.transport.secure
  const [name, secureValue] = settings.secureProxyHeader
  const sent = header(head, name)
  if (sent === undefined) return head.transport.secure
  const [first = ""] = sent.split(",", 1)
  return trim(first) === secureValue
}

/**
 * The port that the client used, as text.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpRequest.get_port
 */
export const port = (settings: SchemeSettings, head: RequestHead): string =>
  (settings.useForwardedPort ? header(head, "x-forwarded-port") : undefined) ?? head.transport.serverPort
