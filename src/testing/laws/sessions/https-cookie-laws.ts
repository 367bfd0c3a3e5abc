/**
 * Laws about cookies that browsers accept only with certain attributes. A line that deletes a cookie needs them too.
 */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawHttps } from "../law-parts.ts"
import type { LawRun } from "../law-run.ts"

/** A line `Set-Cookie`. */
interface Line {
  readonly name: string
  /** In lower case, as in `path=/`. */
  readonly attributes: ReadonlyArray<string>
  /** The line without the value. */
  readonly shown: string
}

const lineOf = (text: string): Line => {
  const [pair = "", ...attributes] = text.split(/; */)
  return {
    name: pair.split("=", 1)[0] ?? "",
    attributes: attributes.map((attribute) => attribute.toLowerCase()),
    shown: text.replace(/=[^;]*/, "=…")
  }
}

/** The cookies of a login, of a visit and of a logout, over https. */
const situations = async (
  run: LawRun,
  https: LawHttps | undefined,
  judge: (lines: ReadonlyArray<Line>) => void
): Promise<void> => {
  if (https === undefined) return
  const { site } = run
  const [alice] = site.users
  await run.situation("the cookies of a login, of a visit and of a logout", async () => {
    await https.start?.()
    const browser = https.browser()
    const responses = [
      await site.pages.login(browser, alice),
      await site.pages.visit(browser),
      await site.pages.logout(browser)
    ]
    judge(responses.flatMap(({ headers }) => headers.getSetCookie().map(lineOf)))
  })
}

export const prefixedCookies: LawText = {
  id: "cookies-with-a-prefix-have-its-attributes",
  title:
    "a cookie whose name begins with __Secure- or __Host- is Secure, and one with __Host- has the path / and no domain, also when it is deleted",
  why: "Browsers refuse other lines with such names: users could not log in, or the cookie of a login that has ended would stay.",
  needs: ["prefixedCookies"],
  finds: [
    "a site whose cookie with the prefix __Host- has a domain",
    "a site whose cookie with the prefix __Host- has another path",
    "a site that deletes a cookie with the prefix __Host- without Secure"
  ],
  holds: (run) =>
    situations(run, run.site.prefixedCookies, (lines) => {
      const prefixed = lines.filter(({ name }) => /^__(host|secure)-/i.test(name))
      must(prefixed.length >= 2, () => "a login and a logout set no cookie with a prefix")
      for (const { attributes, name, shown } of prefixed) {
        must(attributes.includes("secure"), () => `it is not Secure: ${shown}`)
        if (!/^__host-/i.test(name)) continue
        must(attributes.includes("path=/"), () => `its path is not /: ${shown}`)
        must(!attributes.some((attribute) => attribute.startsWith("domain")), () => `it has a domain: ${shown}`)
      }
    })
}

export const partitionedCookies: LawText = {
  id: "cookies-in-frames-are-partitioned",
  title:
    "on a site with partitioned cookies, each cookie of a login is Partitioned, Secure and SameSite=None, also when it is deleted",
  why: "Without one of the attributes, browsers do not send the cookie in frames of other sites. A line without Partitioned deletes another cookie, so a login would not end.",
  needs: ["partitionedCookies"],
  finds: [
    "a site with a cookie in frames that is not partitioned",
    "a site that deletes a partitioned cookie without Partitioned"
  ],
  holds: (run) =>
    situations(run, run.site.partitionedCookies, (lines) => {
      must(lines.length >= 2, () => "a login and a logout set no cookies")
      for (const { attributes, shown } of lines)
        for (const attribute of ["partitioned", "secure", "samesite=none"])
          must(attributes.includes(attribute), () => `it lacks ${attribute}: ${shown}`)
    })
}
