import type { Browser } from "../../../src/testing/index.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { sound } from "./sites.ts"

type Answer = "login" | "visit" | "logout"

/** A site that changes its answers. @param change gets one, and may change its headers */
const answering = (change: (headers: Headers, page: Answer, status: number) => void): LawSite => {
  const site = sound()
  const { login, logout, visit } = site.pages
  const changed = async (page: Answer, answered: Promise<Response>): Promise<Response> => {
    const response = await answered
    const headers = new Headers(response.headers)
    change(headers, page, response.status)
    return new Response(await response.arrayBuffer(), { status: response.status, headers })
  }
  return {
    ...site,
    pages: {
      ...site.pages,
      login: (browser, user) => changed("login", login(browser, user)),
      visit: (browser: Browser) => changed("visit", visit(browser)),
      logout: (browser) => changed("logout", logout(browser))
    }
  }
}

/** A site with other lines that set cookies. */
const setting = (change: (line: string) => string): LawSite =>
  answering((headers) => {
    const lines = headers.getSetCookie()
    headers.delete("set-cookie")
    for (const line of lines) headers.append("set-cookie", change(line))
  })

const deletes = (line: string): boolean => line.includes("Max-Age=0")
const hasPrefix = (line: string): boolean => line.startsWith("__Host-")

/** By what is wrong. */
export const brokenHttps: Readonly<Record<string, () => LawSite>> = {
  "a site whose logout clears no data": () => answering((headers) => headers.delete("clear-site-data")),
  "a site that clears the data of users who log in": () =>
    answering((headers, page) => page === "login" && headers.set("clear-site-data", '"cookies"')),
  "a site that clears the data although the logout failed": () =>
    answering((headers, _, status) => status >= 500 && headers.set("clear-site-data", '"cookies"')),
  "a site whose cookie with the prefix __Host- has a domain": () =>
    setting((line) => (hasPrefix(line) ? `${line}; Domain=localhost` : line)),
  "a site whose cookie with the prefix __Host- has another path": () =>
    setting((line) => (hasPrefix(line) ? line.replace("Path=/", "Path=/shop/") : line)),
  "a site that deletes a cookie with the prefix __Host- without Secure": () =>
    setting((line) => (hasPrefix(line) && deletes(line) ? line.replace("; Secure", "") : line)),
  "a site with a cookie in frames that is not partitioned": () =>
    setting((line) => (line.startsWith("csrftoken") ? line.replace("; Partitioned", "") : line)),
  "a site that deletes a partitioned cookie without Partitioned": () =>
    setting((line) => (deletes(line) ? line.replace("; Partitioned", "") : line))
}
