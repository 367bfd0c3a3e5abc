/**
 * The options of hosts and proxies: adds the defaults, finds host names and header names that no request can match, and
 * suggests what to write instead.
 */
import type { HostSettings } from "../../../core/http/request/host.ts"
import { problem } from "./problem.ts"
import type { SettingsOptions } from "./settings-options.ts"

/** The hosts that Django allows with DEBUG if ALLOWED_HOSTS is empty. */
const localHosts = [".localhost", "127.0.0.1", "[::1]"]

/** @param isProduction whether the default of `allowedHosts` is none, instead of this machine */
export const hostSettings = (options: SettingsOptions, isProduction: boolean): HostSettings => ({
  allowedHosts: options.allowedHosts ?? (isProduction ? [] : localHosts),
  useForwardedHost: options.useForwardedHost ?? false,
  useForwardedPort: options.useForwardedPort ?? false,
  secureProxyHeader: options.secureProxyHeader
})

export const hostProblems = ({ allowedHosts, secureProxyHeader }: HostSettings): ReadonlyArray<string> => [
  ...allowedHostsProblems(allowedHosts),
  ...headerNameProblems("secureProxyHeader: the first item", secureProxyHeader?.[0])
]

/** Warnings about hosts that are unsafe, or do not work, in production. */
export const hostWarnings = ({ allowedHosts }: HostSettings): ReadonlyArray<string> => [
  ...problem(
    allowedHosts.includes("*"),
    "allowedHosts allows every host, so a client's Host header decides where links and redirects lead; name the hosts of the site"
  ),
  ...problem(
    allowedHosts.length === 0,
    "allowedHosts is empty: every form of a browser is refused; name the hosts of the site"
  )
]

/**
 * Returns one message for each invalid entry of `allowedHosts`. Entries are compared with a request's host without
 * port.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/settings/#std-setting-ALLOWED_HOSTS
 */
const allowedHostsProblems = (hosts: ReadonlyArray<string>): ReadonlyArray<string> =>
  hosts.flatMap((host) => {
    if (host === "*" || /^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$|^\[[0-9a-f:.]*\]$/i.test(host)) return []
    const written = instead(host)
    return [
      `allowedHosts: ${JSON.stringify(host)} is not a host name; write it without scheme, path and port` +
        (written === undefined ? "" : `: write ${JSON.stringify(written)}`)
    ]
  })

const instead = (host: string): string | undefined => {
  if (/^[0-9a-f]*:[0-9a-f:.]+$/i.test(host)) return `[${host}]`
  const bare = host
    .replace(/^[a-z]+:\/\//i, "")
    .replace(/[:/].*$/, "")
    .replace(/^\*\./, ".")
    .replace(/\.+$/, "")
  const ascii = URL.parse(`http://${bare.replace(/^\./, "")}`)?.hostname
  const written = `${bare.startsWith(".") ? "." : ""}${ascii ?? ""}`
  return ascii === undefined || ascii === "" || written === host ? undefined : written
}

/**
 * Returns one message for each invalid entry of `nextAllowedHosts`. Entries are compared with host and port of a URL.
 */
export const nextHostsProblems = (hosts: ReadonlyArray<string>): ReadonlyArray<string> =>
  hosts.flatMap((host) =>
    /^([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]*\])(:[0-9]+)?$/i.test(host)
      ? []
      : [`nextAllowedHosts: ${JSON.stringify(host)} is not a host; write a host name or host:port, without a pattern`]
  )

/** Returns a message if the name of a header is invalid. @param name `undefined` if the setting is absent */
export const headerNameProblems = (setting: string, name: string | undefined): ReadonlyArray<string> => {
  if (name === undefined) return []
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
    return [`${setting} is not the name of a header; write one such as "X-Forwarded-Proto"`]
  // Django's settings use WSGI names (`HTTP_X_NAME`). No request has a header with such a name.
  if (!name.startsWith("HTTP_")) return []
  const words = name.slice("HTTP_".length).toLowerCase().split("_")
  const own = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("-")
  return [`${setting}: write the header's own name, ${JSON.stringify(own)}`]
}
