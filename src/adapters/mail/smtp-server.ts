/** Address and login of a mail server: parses a URL and checks it. */
import { isIP } from "node:net"

export interface SmtpServer {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
  /** Whether TLS begins with the connection (`smtps:`), and not with the command STARTTLS. */
  readonly isImplicitTls: boolean
}

/** @returns `undefined` unless this is `smtp[s]://[user:password@]host[:port]`, without path and parameters */
export const parseSmtpUrl = (text: string): SmtpServer | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !["smtp:", "smtps:"].includes(url.protocol) || url.hostname === "") return undefined
  // Parameters that other clients know would have no effect here, so they are refused.
  if (!["", "/"].includes(url.pathname) || url.search !== "" || url.hash !== "") return undefined
  const isImplicitTls = url.protocol === "smtps:"
  try {
    return {
      host: decodeURIComponent(url.hostname.replace(/^\[|\]$/g, "")),
      port: url.port === "" ? (isImplicitTls ? 465 : 587) : Number(url.port),
      username: url.username === "" ? undefined : decodeURIComponent(url.username),
      password: url.password === "" ? undefined : decodeURIComponent(url.password),
      isImplicitTls
    }
  } catch {
    return undefined
  }
}

/** Whether mails to this server stay on this machine. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))
