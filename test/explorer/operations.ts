/** What the requests of an exploration do, and the steps that happen beside them. */
import * as Core from "../../src/core/index.ts"
import { change, changePassword, getUser, keyOf, loadAgain, login, logout, open, type Page } from "./request.ts"

/** The sessions at the start of every exploration. */
export const sessions = {
  /** Alice's session in a browser whose tabs send requests at the same time. */
  here: keyOf("here"),
  /** Another session of alice. */
  elsewhere: keyOf("elsewhere"),
  /** The session of an anonymous visitor. */
  anonymous: keyOf("anonymous"),
  /** A row that names alice and has no session auth hash. */
  unhashed: keyOf("unhashed"),
  /** A row that names alice and a backend that the site does not use. */
  foreign: keyOf("foreign"),
  /** A session of alice whose row has a number as the user's id, as old versions of Django wrote it. */
  numbered: keyOf("numbered"),
  /** A session of alice that has expired, and whose row was not removed yet. */
  expired: keyOf("expired"),
  /** A session of alice that is bound to a device. */
  bound: keyOf("bound"),
  /** A session of alice whose login has just offered a registration. */
  offered: keyOf("offered")
}

export interface Request {
  readonly _tag: "Request"
  readonly name: string
  /** The session whose key the request sends. */
  readonly from: keyof typeof sessions
  readonly page: Page
  /** Whether the request has the short cookie of its session. Absent: it does not tell anything about its device. */
  readonly isProven?: boolean
  /** The password that the request checks or sets. */
  readonly proof?: { readonly username: string; readonly password: string }
  /** What the request leaves in the session's data when no other request runs. Absent: it does not change data. */
  readonly writes?: (data: Map<string, string>) => void
  /** Whether it changes nothing. */
  readonly isIdle?: true
  /** Whether it may open another session: then a new key is the key of that one. */
  readonly opens?: true
  /** Whether it may end the session under the key that it sends, so that other requests of the session are refused. */
  readonly ends?: true
}

/** Something that happens at one moment, at any moment. */
export type Event =
  | { readonly _tag: "Time"; readonly name: string; readonly milliseconds: number }
  /** The next store call fails: before it has an effect, or after. */
  | { readonly _tag: "Fault"; readonly name: string; readonly fault: "refused" | "acknowledgementLost" }

export type Operation = Request | Event

export const passwords = { alice: "A", bob: "B" }
export const newPassword = "N"

const value = Core.Json.write(1)

const here = (name: string, page: Page, more: Partial<Request> = {}): Request => ({
  _tag: "Request",
  name,
  from: "here",
  page,
  ...more
})

const elsewhere = (name: string, page: Page, more: Partial<Request> = {}): Request => ({
  ...here(`${name} elsewhere`, page, more),
  from: "elsewhere"
})

const anonymous = (name: string, page: Page, more: Partial<Request> = {}): Request => ({
  ...here(`${name} from an anonymous session`, page, more),
  from: "anonymous"
})

const keepOld = (data: Map<string, string>): void => {
  if (!data.has("old")) data.set("old", "1")
}

const updating =
  (values: Core.JsonObject): Page =>
  (at, end) =>
    change(
      at,
      (session) => Core.Session.update(session, values),
      (at) => end(at)
    )

export const visit: Page = (at, end) => getUser(at, (at, user) => end(at, 200, user?.name))

export const write =
  (key: string, status = 200): Page =>
  (at, end) =>
    change(
      at,
      (session) => Core.Session.set(session, key, value),
      (at) => end(at, status)
    )

const remove =
  (key: string): Page =>
  (at, end) =>
    change(
      at,
      (session) => Core.Session.remove(session, key),
      (at) => end(at)
    )

export const loggingIn =
  (username: keyof typeof passwords, password: string = passwords[username], status = 200): Page =>
  (at, end) =>
    login(at, username, password, (at, correct) => end(at, correct ? status : 401))

/** Logs bob in with the first backend that accepts his password. */
const loggingInBy =
  (backends: ReadonlyArray<string>): Page =>
  (at, end) =>
    login(at, "bob", passwords.bob, (at, correct) => end(at, correct ? 200 : 401), backends)

export const changingPassword: Page = (at, end) =>
  changePassword(at, newPassword, (at, changed) => end(at, changed ? 200 : 401))

export const cycle: Page = (at, end) => change(at, Core.Session.cycleKey, (at) => end(at))

export const leaving: Page = (at, end) => end(logout(at))

/** When the world of an exploration starts, in epoch milliseconds. */
export const startsAt = 1_700_000_000_000

const inAMinute = Core.Expiry.afterSeconds(60)
const withTheBrowser = Core.Expiry.afterSeconds(0)
const atAnInstant = Core.Expiry.atInstant(startsAt + 90_500)

/** Sets when the session ends. */
const ending =
  (expiry: Core.JsonText): Page =>
  (at, end) =>
    change(
      at,
      (session) => Core.Session.set(session, Core.Expiry.sessionDataKey, expiry),
      (at) => end(at)
    )

/** A write, and then the answer to a load that was asked for before it. */
const writingBeforeLateLoad: Page = (at, end) => write("a")(at, (at, status) => loadAgain(at, (at) => end(at, status)))

const writingPrivately: Page = (at, end) =>
  loggingIn("alice")(at, (at, status) => (status === 200 ? write("private")(at, end) : end(at, status)))

export const provenBy = (username: keyof typeof passwords, password: string = passwords[username]) =>
  ({ proof: { username, password }, opens: true }) as const

export const renewedBy = { proof: { username: "alice", password: newPassword } }

/** The operations of every exploration of two, three and four. */
export const requests: ReadonlyArray<Request> = [
  here("visit", visit),
  here("write a", write("a"), { writes: (data) => data.set("a", "1") }),
  here("write b", write("b"), { writes: (data) => data.set("b", "1") }),
  here("delete old", remove("old"), { writes: (data) => data.delete("old") }),
  here("clear", (at, end) => end({ ...at, session: Core.Session.clear(at.session) }), {
    writes: (data) => data.clear(),
    ends: true
  }),
  here("read, then clear", (at, end) => change(at, Core.Session.clear, (at) => end(at)), {
    writes: (data) => data.clear(),
    ends: true
  }),
  here("cycle", cycle, { ends: true }),
  here("logout", leaving, { ends: true }),
  here("log in as the same user", loggingIn("alice"), provenBy("alice")),
  here("log in as another user", loggingIn("bob"), { ...provenBy("bob"), ends: true }),
  here("change the password", changingPassword, { ...renewedBy, ends: true })
]

/** Requests of other sessions, and of the same session with another end. */
export const moreRequests: ReadonlyArray<Request> = [
  here("write c, then fail", write("c", 500)),
  here("log in as another user, then fail", loggingIn("bob", "B", 503), { ends: true }),
  here("log in with a wrong password", loggingIn("bob", "wrong")),
  here("log in with the new password", loggingIn("alice", newPassword), {
    ...provenBy("alice", newPassword),
    ends: true
  }),
  here("look, then logout", (at, end) => open(at, (at) => end(logout(at))), { ends: true }),
  here("logout, then write a", (at, end) => write("a")(logout(at), end), { opens: true, ends: true }),
  here("cycle, then logout", (at, end) => change(at, Core.Session.cycleKey, (at) => end(logout(at))), { ends: true }),
  here("look, then write a", (at, end) => getUser(at, (at) => write("a")(at, end)), {
    writes: (data) => data.set("a", "1")
  }),
  here(
    "update a and b",
    updating(
      new Map([
        ["a", value],
        ["b", value]
      ])
    ),
    {
      writes: (data) => {
        data.set("a", "1")
        data.set("b", "1")
      }
    }
  ),
  here(
    "set old by default",
    (at, end) =>
      change(
        at,
        (session) => Core.Session.setDefault(session, "old", value),
        (at) => end(at)
      ),
    { isIdle: true, writes: keepOld }
  ),
  here("remove what is not there", remove("absent"), { isIdle: true }),
  here("logout, then fail", (at, end) => end(logout(at), 500), { ends: true }),
  here("write c, logout, then write a", (at, end) => write("c")(at, (at) => write("a")(logout(at), end)), {
    opens: true,
    ends: true
  }),
  here("logout, then log in as another user", (at, end) => loggingIn("bob")(logout(at), end), {
    ...provenBy("bob"),
    ends: true
  }),
  here("store no values", updating(new Map())),
  here("write a before another load is answered", writingBeforeLateLoad, { writes: (data) => data.set("a", "1") }),
  here("cycle, then look", (at, end) => cycle(at, (at) => getUser(at, (at) => end(at))), { ends: true }),
  here("clear, then cycle", (at, end) => cycle({ ...at, session: Core.Session.clear(at.session) }, end), {
    writes: (data) => data.clear(),
    ends: true
  }),
  here("look, logout, then look", (at, end) => getUser(at, (at) => visit(logout(at), end)), { ends: true }),
  here(
    "logout, then log in as another user, then as the first",
    // If the second password is wrong, the page fails, so that the first login is not stored either.
    (at, end) =>
      loggingIn("bob")(logout(at), (at) =>
        loggingIn("alice")(at, (at, status) => end(at, status === 401 ? 500 : status))
      ),
    { ...provenBy("alice"), ends: true }
  ),
  here("log in as the same user, then write privately", writingPrivately, {
    ...provenBy("alice"),
    writes: (data) => data.set("private", "1")
  }),
  here("log in as another user after a backend that declines", loggingInBy(["declining", "model"]), {
    ...provenBy("bob"),
    ends: true
  }),
  here("log in as another user after a backend that denies", loggingInBy(["denying", "model"])),
  here("change the password of another user", (at, end) => changePassword(at, newPassword, (at) => end(at), "2"), {
    ends: true
  }),
  ...Object.entries({ "a minute": inAMinute, "the browser": withTheBrowser, "an instant": atAnInstant }).map(
    ([name, expiry]) =>
      here(`end with ${name}`, ending(expiry), { writes: (data) => data.set(Core.Expiry.sessionDataKey, expiry) })
  ),
  { ...here("visit with a numeric id", visit), from: "numbered" },
  { ...here("visit after the expiry", visit), from: "expired" },
  { ...here("write a after the expiry", write("a")), from: "expired" },
  { ...here("cycle after the expiry", cycle), from: "expired" },
  elsewhere("visit", visit),
  elsewhere("change the password", changingPassword, { ...renewedBy, ends: true }),
  elsewhere("logout", leaving, { ends: true }),
  anonymous("log in", loggingIn("alice"), { ...provenBy("alice"), ends: true }),
  anonymous("write a", write("a"), { writes: (data) => data.set("a", "1") }),
  anonymous("cycle", cycle, { ends: true }),
  anonymous("logout", leaving, { ends: true })
]

export const events: ReadonlyArray<Event> = [
  { _tag: "Time", name: "half a minute passes", milliseconds: 30_000 },
  { _tag: "Time", name: "two minutes pass", milliseconds: 120_000 },
  { _tag: "Time", name: "three weeks pass", milliseconds: 3 * 7 * 86_400_000 },
  { _tag: "Fault", name: "the next store call fails", fault: "refused" },
  { _tag: "Fault", name: "the next store call's answer is lost", fault: "acknowledgementLost" }
]

/** Steps of the clock to the ends of a session at a site with lifetimes, and back. */
export const clockSteps: ReadonlyArray<Event> = [
  { _tag: "Time", name: "time passes until a millisecond before the idle end", milliseconds: 1_679_999 },
  { _tag: "Time", name: "time passes until the idle end", milliseconds: 1_680_000 },
  { _tag: "Time", name: "time passes until a millisecond before the absolute end", milliseconds: 1_739_999 },
  { _tag: "Time", name: "time passes until the absolute end", milliseconds: 1_740_000 },
  { _tag: "Time", name: "the clock goes back by an hour", milliseconds: -3_600_000 }
]
