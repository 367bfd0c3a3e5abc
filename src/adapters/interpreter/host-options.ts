/** Host names and names of headers in settings: those that no request could ever match, with what to write instead. */

/**
 * What is wrong with entries of `allowedHosts`, which are compared with the host of a request without its port.
 *
 * @see Django: ALLOWED_HOSTS
 */
export const allowedHostsProblems = (hosts: ReadonlyArray<string>): ReadonlyArray<string> =>
  hosts.flatMap((host) => {
    if (host === "*" || /^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$|^\[[0-9a-f:.]*\]$/i.test(host)) return []
    const written = instead(host)
    return [
      `allowedHosts: ${JSON.stringify(host)} is not a host name; no scheme, no path, no port` +
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

/** `nextAllowedHosts`: compared with host and port of a URL as they are written. */
export const nextHostsProblems = (hosts: ReadonlyArray<string>): ReadonlyArray<string> =>
  hosts.flatMap((host) =>
    /^([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]*\])(:[0-9]+)?$/i.test(host)
      ? []
      : [`nextAllowedHosts: ${JSON.stringify(host)} is not a host, perhaps with a port; there are no patterns`]
  )

/** What is wrong with the name of a header. @param name `undefined`: the setting is not there */
export const headerNameProblems = (setting: string, name: string | undefined): ReadonlyArray<string> => {
  if (name === undefined) return []
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return [`${setting} is not the name of a header`]
  // Django names headers as WSGI does: no request has a header of that name.
  if (!name.startsWith("HTTP_")) return []
  const words = name.slice("HTTP_".length).toLowerCase().split("_")
  const own = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("-")
  return [`${setting}: write the header's own name, ${JSON.stringify(own)}`]
}
