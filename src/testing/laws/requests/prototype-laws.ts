/** A law about values that a request or another library puts on a prototype. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { browserWith, dataOf, keyOf, loggedIn, userOf } from "../law-site.ts"

/** Names that a program reads from an object although no program has put them there. */
const hostile = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]

const prototypeNames = (): ReadonlyArray<string> => Object.getOwnPropertyNames(Object.prototype)

/**
 * Runs something while every object has these values. Afterwards no object has them, nor any that the site has added.
 */
const planted = async (values: Readonly<Record<string, string>>, check: () => Promise<void>): Promise<void> => {
  const before = prototypeNames()
  const restore = (): void => {
    for (const name of prototypeNames()) if (!before.includes(name)) Reflect.deleteProperty(Object.prototype, name)
  }
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true })
  try {
    await check()
  } finally {
    restore()
  }
}

/**
 * Checks that what a site does puts no value on the prototype of all objects.
 *
 * @throws {LawBroken}
 */
export const changesNoPrototype = async (name: string, run: () => Promise<unknown>): Promise<void> => {
  const before = prototypeNames()
  await run()
  const added = prototypeNames().filter((one) => !before.includes(one))
  must(added.length === 0, () => `a value named ${name} was stored, and every object has ${added.join(", ")} now`)
}

export const ownPropertiesOnly: LawText = {
  id: "a-prototype-logs-no-user-in",
  title: "a value on a prototype logs no user in, and what a client stores gets onto none",
  why: "A fault in any library of the process can put a value on Object.prototype (prototype pollution). Then every object seems to have it, also a session without a user.",
  needs: ["identities", "pages.write"],
  finds: ["a site that finds its user on a prototype", "a site that merges what clients store into an object"],
  holds: async (run) => {
    const { site } = run
    const { write } = site.pages
    await run.situation("every object seems to be a session of users[0]", async () => {
      await loggedIn(site, site.users[0])
      const identity = site.identities?.().at(-1) ?? {}
      if (Object.keys(identity).length === 0)
        throw new TypeError(
          "identities: after a login it tells nothing; answer what the stored session says about its user"
        )
      const visitor = site.browser()
      await write?.(visitor, "a", 1)
      const browsers = {
        "a browser without cookies": site.browser(),
        "an empty session cookie": browserWith(site, ""),
        "a key that was not issued": browserWith(site, "akeythatthesitehasnotissuedsofar"),
        "an anonymous session": browserWith(site, keyOf(site, visitor))
      }
      await planted(identity, async () => {
        for (const [name, browser] of Object.entries(browsers)) {
          const user = await userOf(site, browser)
          must(user === undefined, () => `${name} acts as ${user}`)
        }
      })
    })
    await run.situation("a client stores values under hostile names", async () => {
      const browser = site.browser()
      await planted({}, async () => {
        for (const name of hostile) {
          await changesNoPrototype(name, async () => write?.(browser, name, 1))
          const user = await userOf(site, browser)
          must(user === undefined, () => `a value named ${name} was stored, and the visitor is ${user}`)
        }
      })
      if (site.data === undefined) return
      const names = Object.keys(await dataOf(site, browser))
      must(
        names.every((name) => hostile.includes(name)),
        () => `the session has the values ${names.join(", ")}`
      )
    })
  }
}
