/** What the sites of all libraries have in common: users, pages, and the gate that every query passes. */
import pg from "pg"
import { Browser, Gate, gateQueries, type LawSite } from "../../src/testing/index.ts"

export const gate = new Gate()
export const queries = gateQueries(pg.Client, gate)

export const secret = "a secret of thirty-two characters"
export const firstPasswords = { alice: "alice's password", bob: "bob's password" }
/** The passwords of users now. The application has them, not the library. */
export const passwords = new Map<string, string>()

export const isRight = (username: unknown, password: unknown) =>
  typeof username === "string" && passwords.get(username) === password

/** Describes a site for the laws. README.md lists its pages; only the library behind them differs. */
export const described = (
  handler: Parameters<Browser["fetch"]>[0],
  cookie: string,
  reset: () => Promise<void>,
  more: Partial<LawSite["pages"]> = {}
): LawSite => {
  const post = (browser: Browser, path: string, json: unknown) => browser.fetch(handler, path, { json, csrf: false })
  return {
    reset: async () => {
      for (const [name, password] of Object.entries(firstPasswords)) passwords.set(name, password)
      await reset()
    },
    browser: () => new Browser({ origin: "http://localhost" }),
    cookie,
    users: [
      { username: "alice", password: firstPasswords.alice },
      { username: "bob", password: firstPasswords.bob }
    ],
    pages: {
      visit: (browser) => browser.fetch(handler, "/me"),
      login: (browser, user) => post(browser, "/login", user),
      logout: (browser) => post(browser, "/logout", {}),
      write: (browser, key, value) => post(browser, "/write", { [key]: value }),
      changePassword: (browser, password) => post(browser, "/password", { password }),
      ...more
    },
    user: async (response) => (response.status < 400 ? ((await response.json()).user ?? undefined) : undefined),
    data: async (response) => (response.status < 400 ? ((await response.json()).data ?? {}) : {}),
    gate,
    incomplete: "allowed",
    patience: 1000,
    network: { fail: () => queries.fail(), heal: () => queries.heal() }
  }
}

export type MakeSite = (pool: pg.Pool) => Promise<LawSite>
