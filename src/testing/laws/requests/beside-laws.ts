/** Laws about requests that run at the same time. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { permutations } from "../law-run.ts"
import { dataOf, keyOf, type LawSite, loggedIn, userOf } from "../law-site.ts"

export const isolation: LawText = {
  id: "requests-do-not-mix",
  title: "each of several browsers gets its own user and its own data, in every order of the requests",
  why: "A connection pool or a global variable can give one user's session to another user.",
  needs: ["gate"],
  finds: ["a load returns the answer for another key"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    await run.everyOrder("two users visit at the same time", async () => {
      const browsers = [await loggedIn(site, alice), await loggedIn(site, bob)]
      return {
        requests: browsers.map((browser) => () => userOf(site, browser)),
        check: (users) => {
          must(users[0] === alice.username && users[1] === bob.username, () => `the users are ${users.join(" and ")}`)
        }
      }
    })
    await run.everyOrder("a user visits while another one logs in", async () => {
      const [here, there] = [await loggedIn(site, alice), site.browser()]
      return {
        requests: [
          () => userOf(site, here),
          async () => {
            await site.pages.login(there, bob)
            return userOf(site, there)
          }
        ],
        check: (users) => {
          must(users[0] === alice.username && users[1] === bob.username, () => `the users are ${users.join(" and ")}`)
        }
      }
    })
  }
}

/** A change of the session's data, by a request and by itself. */
interface Change {
  readonly name: string
  readonly request: (browser: Browser) => Promise<Response>
  readonly apply: (data: Map<string, unknown>) => void
}

const changesOf = ({ pages }: LawSite): ReadonlyArray<Change> => {
  const { clear, remove, write } = pages
  const set = (key: string, value: number): ReadonlyArray<Change> =>
    write === undefined
      ? []
      : [
          {
            name: `set ${key}`,
            request: (browser) => write(browser, key, value),
            apply: (data) => data.set(key, value)
          }
        ]
  return [
    ...set("a", 1),
    ...set("b", 1),
    ...set("left", 2),
    ...(remove === undefined
      ? []
      : [
          {
            name: "remove left",
            request: (browser: Browser) => remove(browser, "left"),
            apply: (data: Map<string, unknown>) => data.delete("left")
          }
        ]),
    ...(clear === undefined
      ? []
      : [{ name: "clear", request: clear, apply: (data: Map<string, unknown>) => data.clear() }])
  ]
}

const textOf = (data: Iterable<readonly [string, unknown]>): string => JSON.stringify([...data].toSorted())

export const noLostUpdate: LawText = {
  id: "no-lost-update",
  title:
    "what requests of one session set, remove and clear at the same time is stored as if they came one after the other",
  why: "Two tabs write at the same time. Both get a success, and the changes of one of them are lost.",
  needs: ["pages.write", "data", "gate"],
  finds: ["an Update does not compare the row's text", "a commit reports another row as gone instead of changed"],
  holds: async (run) => {
    const { site } = run
    const changes = changesOf(site)
    const pairs = changes.flatMap((one, at) => changes.slice(at).map((other) => [one, other] as const))
    for (const pair of pairs)
      await run.everyOrder(pair.map(({ name }) => name).join(", "), async () => {
        const browser = site.browser()
        await site.pages.write?.(browser, "left", 1)
        return {
          requests: pair.map(({ request }) => {
            const tab = browser.copy()
            return () => request(tab)
          }),
          check: async (answers) => {
            const done = pair.filter((_, each) => (answers[each]?.status ?? 500) < 400)
            const statuses = answers.map(({ status }) => status).join(" and ")
            must(done.length === pair.length, () => `the answers are ${statuses}`)
            const found = textOf(Object.entries(await dataOf(site, browser)))
            const possible = permutations(done).map((order) => {
              const data = new Map<string, unknown>([["left", 1]])
              for (const { apply } of order) apply(data)
              return textOf(data)
            })
            must(
              possible.includes(found),
              () => `stored is ${found}; it has to be ${[...new Set(possible)].join(" or ")}`
            )
          }
        }
      })
  }
}

export const goodWhenGiven: LawText = {
  id: "a-sent-cookie-is-valid",
  title: "a session cookie is valid as soon as the browser has the response",
  why: "A site that answers before it has written sends users who just logged in back to the login page.",
  needs: ["gate"],
  finds: ["a commit answers before it writes"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    await run.everyOrder("a login, and a visit right after it", async () => {
      const browser = site.browser()
      const other = site.browser()
      return {
        requests: [
          async () => {
            await site.pages.login(browser, alice)
            return userOf(site, browser)
          },
          async () => {
            await site.pages.visit(other)
            return keyOf(site, other)
          }
        ],
        check: ([user]) => {
          must(user === alice.username, () => `right after the login the browser acts as ${user ?? "no user"}`)
        }
      }
    })
  }
}
