/** What a visitor does when a fault strikes, and in which states the fault may leave the visitor's session. */

import { type Page, passwordOf, type Site } from "../full-stack/site.ts"
import { type Answer, type Browser, browser } from "../rig/browser.ts"

/** A user of the test, and the browser in which the user is logged in, or was. */
export interface Visitor {
  readonly username: string
  readonly browser: Browser
}

/** What the site says about a browser. */
export interface State {
  readonly user: string | undefined
  /** What the test stored in the session: `"old"`, or by `write` `"new"`. */
  readonly marker: unknown
}

export interface Operation {
  /** Whether the visitor is logged in before. */
  readonly isLoggedIn: boolean
  readonly send: (site: Site, visitor: Visitor) => Promise<Answer>
  /** The beginning of the answer's text if nothing is wrong. */
  readonly says: string
  /** Whether it changes something: then an outage may come before or after the change. */
  readonly writes: boolean
  /** The state afterwards, if it was carried out and the browser has got the answer. */
  readonly after: State
  /** The state afterwards, if it was carried out and the answer was lost. Default: `after`. */
  readonly unheard?: State
}

const member = (marker: unknown): State => ({ user: "self", marker })
const stranger = (marker?: unknown): State => ({ user: undefined, marker })

/** Pages beside those of the example. */
export const pages: Readonly<Record<string, Page>> = {
  "/sessions": async (_req, res, { listSessions }) => {
    res.end(JSON.stringify((await listSessions()).map(({ current }) => current)))
  }
}

export const newPasswordOf = (username: string): string => `${passwordOf(username)}, changed`

export const operations = {
  anonymous: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/anon"),
    says: "ok",
    writes: false,
    after: member("old")
  },
  read: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/me"),
    says: '{"user":"u',
    writes: false,
    after: member("old")
  },
  guarded: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/members"),
    says: '{"user":"u',
    writes: false,
    after: member("old")
  },
  permission: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/perms?perm=auth.change_user"),
    says: '{"has":true}',
    writes: false,
    after: member("old")
  },
  list: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/sessions"),
    says: "[true]",
    writes: false,
    after: member("old")
  },
  write: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.post(site, "/session", { marker: "new" }),
    says: '{"',
    writes: true,
    after: member("new")
  },
  login: {
    isLoggedIn: false,
    send: (site, { browser, username }) => browser.post(site, "/login", { username, password: passwordOf(username) }),
    says: '{"user":"u',
    writes: true,
    after: member("old"),
    // The session has a new key, which the browser does not know.
    unheard: stranger()
  },
  logout: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.post(site, "/logout"),
    says: '{"user":null}',
    writes: true,
    after: stranger()
  },
  cycle: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.post(site, "/session/cycle"),
    says: "{}",
    writes: true,
    after: member("old"),
    unheard: stranger()
  },
  password: {
    isLoggedIn: true,
    send: (site, { browser, username }) =>
      browser.post(site, "/password", { old: passwordOf(username), new: newPasswordOf(username) }),
    says: '{"user":"u',
    writes: true,
    after: member("old"),
    unheard: stranger()
  }
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof operations
export const names = Object.keys(operations) as ReadonlyArray<OperationName>
export const operationOf = (name: OperationName): Operation => operations[name]

let made = 0

/** A new user who may change users, with a session that has the marker "old", logged in if the operation needs it. */
export const visitorFor = async (site: Site, name: OperationName): Promise<Visitor> => {
  const username = `u${process.pid}-${made++}`
  const user = await site.auth.createUser({ username, password: passwordOf(username) })
  if (user === undefined) throw new Error(`${username} exists`)
  await site.query(
    "INSERT INTO auth_user_user_permissions (user_id, permission_id) SELECT $1::int, id FROM auth_permission WHERE codename = 'change_user'",
    user.id
  )
  const visitor = { username, browser: browser() }
  const expected = async (answer: Promise<Answer>) => {
    const { status, text } = await answer
    if (status !== 200) throw new Error(`before ${name}: ${status} ${text}`)
  }
  await expected(visitor.browser.post(site, "/session", { marker: "old" }))
  if (operations[name].isLoggedIn) await expected(operations.login.send(site, visitor))
  return visitor
}

/** @throws if the site is out of order */
export const stateOf = async (site: Site, { browser, username }: Visitor): Promise<State> => {
  const [me, session] = [await browser.get(site, "/me"), await browser.get(site, "/session")]
  if (![200, 401].includes(me.status) || session.status !== 200)
    throw new Error(`/me answered ${me.status}, /session ${session.status}`)
  const { user } = JSON.parse(me.text)
  return { user: user === username ? "self" : (user ?? undefined), marker: JSON.parse(session.text).marker }
}
