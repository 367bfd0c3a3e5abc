/** Sites that take passwords for others that are nearly the same. */
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { sound } from "./sites.ts"

/** A site that reads something else than the password that was entered. */
const reading = (read: (password: string) => string): LawSite => {
  const site = sound()
  const { passwords } = site
  const { login } = site.pages
  return {
    ...site,
    pages: {
      ...site.pages,
      login: (browser, { password, username }) => login(browser, { username, password: read(password) })
    },
    ...(passwords === undefined
      ? {}
      : { passwords: { ...passwords, set: (user, password) => passwords.set(user, read(password)) } })
  }
}

/** By what is wrong. */
export const brokenPasswords: Readonly<Record<string, () => LawSite>> = {
  "a site that reads only the first 72 bytes of a password": () =>
    reading((password) => Buffer.from(password).subarray(0, 72).toString()),
  "a site that ignores the case of passwords": () => reading((password) => password.toLowerCase()),
  "a site that removes spaces around passwords": () => reading((password) => password.trim())
}
