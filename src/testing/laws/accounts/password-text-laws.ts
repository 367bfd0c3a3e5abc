/** A law about the text of a password. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawSite } from "../law-site.ts"

/** Passwords that a hash may treat like others: by their case, their spaces, their alphabet, or their length. */
const passwords = [" Two  spaces, Before and after ", "Пароль 🔑 密码 é", `${"a long password, ".repeat(9)}and its end`]

/** Texts that are nearly this password: a hash that leaves something out takes one of them for it. */
const nearly = (password: string): ReadonlyArray<string> => {
  const [first = "", ...rest] = password
  const texts = [
    "",
    `${password}x`,
    `${password} `,
    ` ${password}`,
    password.trim(),
    password.replace(/ +/g, " "),
    password.toUpperCase(),
    password.toLowerCase(),
    rest.join(""),
    first,
    password.slice(0, -1),
    `${password.slice(0, -1)}x`,
    Buffer.from(password).subarray(0, 72).toString(),
    Buffer.from(password, "latin1").toString("latin1")
  ]
  return [...new Set(texts)].filter((text) => text !== password)
}

/**
 * Checks that this password logs users[0] in once it is set, and that the other texts do not.
 *
 * @throws {LawBroken}
 */
export const onlyThisLogsIn = async (
  site: LawSite,
  password: string,
  others: ReadonlyArray<string> = nearly(password)
): Promise<void> => {
  const [alice] = site.users
  const logsIn = async (text: string): Promise<boolean> =>
    (await site.pages.login(site.browser(), { username: alice.username, password: text })).status < 400
  await site.passwords?.set(alice, password)
  must(await logsIn(password), () => `the password ${JSON.stringify(password)} was set and does not log in`)
  for (const other of others)
    must(
      !(await logsIn(other)),
      () => `${JSON.stringify(other)} logs in, and the password is ${JSON.stringify(password)}`
    )
}

export const onlyThePassword: LawText = {
  id: "every-character-of-a-password-counts",
  title: "a password that was set logs its user in, and no other text does, however similar",
  why: "A hash that leaves out the end of a long password, its case or its spaces accepts guesses that are only nearly right.",
  needs: ["passwords"],
  finds: [
    "a site that reads only the first 72 bytes of a password",
    "a site that ignores the case of passwords",
    "a site that removes spaces around passwords"
  ],
  holds: async (run) => {
    const { site } = run
    for (const password of passwords)
      await run.situation(`the password is ${JSON.stringify(password)}`, () => onlyThisLogsIn(site, password))
  }
}
