import { describe, expect, it } from "vitest"
import * as Json from "../../../../src/core/json/json-text.ts"
import type { SessionData } from "../../../../src/core/json/session-data.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import { parseMembers, writeMembers } from "../../../../src/core/json/stored-json.ts"
import * as Expiry from "../../../../src/core/session/lifetime/expiry.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import flags from "../../../vectors/session_flags.json" with { type: "json" }
import keys from "../../../vectors/session_keys.json" with { type: "json" }

const oldKey = SessionKey.parse("k".repeat(32))!
const newKey = SessionKey.parse("n".repeat(32))!
const one = Json.write(1)
const stored: SessionData = Data.of([["x", one]])

const unread = Session.fromCookie(oldKey)
const load = (session: Session.Session): Session.LoadedSession =>
  Session.accessed(Session.found(session, "text as it stands", stored))
const hashOf = (session: Session.LoadedSession | undefined) =>
  session === undefined ? undefined : Session.get(session, "_auth_user_hash")
const plain = (data: SessionData) =>
  Object.fromEntries([...Data.values(data)].map(([key, text]) => [key, Json.read(text)]))

/** One call on a stored session, by the name of Django's method. */
const calls: Record<string, (session: Session.Session) => Session.Session> = {
  construct: (session) => session,
  bool: (session) => {
    expect(Session.isEmpty(session)).toBe(false)
    return session
  },
  is_empty: (session) => {
    expect(Session.isEmpty(session)).toBe(false)
    return session
  },
  session_key: (session) => session,
  contains: load,
  getitem: load,
  "getitem missing": load,
  get: load,
  "get default": load,
  keys: load,
  values: load,
  items: load,
  has_key: load,
  test_cookie_worked: load,
  "get_expiry_age()": load,
  get_expire_at_browser_close: load,
  "get_expiry_age(expiry=5)": (session) => {
    // Expiry is computed from data alone, so there is nothing to load.
    const policy = { cookieAgeSeconds: 1_209_600, expireAtBrowserClose: false }
    expect(Expiry.ageSeconds(Data.of([[Expiry.sessionDataKey, Json.write(5)]]), policy, 0)).toBe(5)
    return session
  },
  setitem: (session) => Session.set(load(session), "y", Json.write(2)),
  delitem: (session) => Session.remove(load(session), "x"),
  "delitem missing": (session) => Session.remove(load(session), "y"),
  "pop present": (session) => Session.remove(load(session), "x"),
  "pop missing with default": (session) => Session.remove(load(session), "y"),
  "pop missing no default": (session) => Session.remove(load(session), "y"),
  "setdefault present": (session) => Session.setDefault(load(session), "x", Json.write(9)),
  "setdefault missing": (session) => Session.setDefault(load(session), "y", Json.write(9)),
  update: (session) => Session.update(load(session), new Map([["y", one]])),
  "update empty": (session) => Session.update(load(session), new Map()),
  clear: Session.clear,
  set_test_cookie: (session) => Session.set(load(session), "testcookie", Json.write("worked")),
  "delete_test_cookie missing": (session) => Session.remove(load(session), "testcookie"),
  "set_expiry(5)": (session) => Session.set(load(session), Expiry.sessionDataKey, Expiry.afterSeconds(5)),
  "set_expiry(None) when unset": (session) => Session.remove(load(session), Expiry.sessionDataKey),
  flush: Session.flush,
  cycle_key: (session) => Session.cycleKey(load(session), newKey)
}

/** Calls that write during the request: in latchkey the store and `respond` do this. */
const ofTheStore = ["save", "exists", "delete other", "create", "load"]

describe("the session's flags", () => {
  for (const row of flags.data) {
    if (ofTheStore.includes(row.op)) continue
    it(`are Django's after ${row.op}`, () => {
      const after = calls[row.op]!(unread)
      expect({
        accessed: after.accessed,
        modified: after.modified,
        loaded: Session.isLoaded(after),
        key: after.key === undefined ? "none" : after.key === oldKey ? "same" : "new",
        data: Session.isLoaded(after) ? plain(after.data) : null
      }).toEqual({ accessed: row.accessed, modified: row.modified, loaded: row.loaded, key: row.key, data: row.data })
    })
  }

  it.each(flags.older)("are the same after bool to $from, which takes every session for true", ({ rows }) => {
    for (const [index, { op, accessed, modified, loaded, key }] of Object.entries(rows)) {
      const newest = flags.data[Number(index)]
      expect(newest).toMatchObject({ op, accessed, modified, loaded, key })
      expect(calls[op]!(unread)).toMatchObject({ accessed, modified, key: oldKey })
    }
  })

  it("cover every call except those that write during the request", () => {
    expect(flags.data.map(({ op }) => op).sort()).toEqual([...Object.keys(calls), ...ofTheStore].sort())
  })

  it("are modified after `modified`, which writes nothing yet", () => {
    const after = Session.modified(load(unread))
    expect([after.accessed, after.modified, after.operations]).toEqual([true, true, []])
  })
})

describe("a session key", () => {
  for (const { given, kept } of keys.data)
    it(`${JSON.stringify(given)} is ${kept ? "kept" : "dropped"}`, () => {
      expect(SessionKey.parse(typeof given === "string" ? given : undefined)).toBe(kept ? given : undefined)
    })

  it("counts code points, not UTF-16 units", () => {
    expect(SessionKey.parse("😀😀😀😀")).toBeUndefined()
    expect(SessionKey.parse("😀".repeat(8))).toBe("😀".repeat(8))
  })
})

describe("a session value", () => {
  const text = Json.write

  it("is never changed by an operation", () => {
    const before = load(unread)
    const copy = structuredClone({ ...before, data: [...before.data] })
    Session.clear(Session.remove(Session.set(before, "y", text(2)), "x"))
    Session.flush(Session.cycleKey(before, newKey))
    expect({ ...before, data: [...before.data] }).toEqual(copy)
  })

  it("applies its operations again to data that another request changed", () => {
    const ours = Session.remove(Session.set(load(unread), "y", text(2)), "x")
    const theirs = Data.of([
      ["x", text(1)],
      ["z", text(3)]
    ])
    const after = Session.rebase(ours, "their text", theirs)
    expect(after && plain(after.data)).toEqual({ z: 3, y: 2 })
    expect(after?.base).toEqual({ _tag: "Read", text: "their text" })
  })

  it("keeps how another request spelled the names, of keys that it sets and of all others", () => {
    const parsed = (json: string) => parseMembers(Buffer.from(json).toString("latin1")) ?? expect.fail(json)
    const read = Session.found(unread, "text", parsed('{"clé":1,"\\u0061":1}'))
    const ours = Session.update(Session.set(read, "clé", text(2)), new Map([["a", text(2)]]))
    const after = Session.rebase(ours, "their text", parsed('{ "ü" : 3, "cl\\u00E9": 1, "a" : 1 }'))
    expect(writeMembers(ours.data)).toBe(Buffer.from('{"clé":2,"\\u0061":2}').toString("latin1"))
    expect(after && writeMembers(after.data)).toBe(
      Buffer.from('{ "ü" : 3, "cl\\u00E9": 2, "a" : 2 }').toString("latin1")
    )
  })

  it("applies an update again to data that another request changed, key by key", () => {
    const values = new Map([
      ["y", text(2)],
      ["x", text(9)]
    ])
    const after = Session.rebase(Session.update(load(unread), values), "their text", Data.of([["z", text(3)]]))
    expect(after && plain(after.data)).toEqual({ z: 3, y: 2, x: 9 })
  })

  it("drops changes from before a flush", () => {
    const flushed = Session.flush(Session.set(load(unread), "y", text(2)))
    expect([flushed.operations, flushed.data.size]).toEqual([[], 0])
  })

  it("replaces the three identity keys together", () => {
    const identity = { id: text("1"), backend: text("b"), hash: text("h") }
    const after = Session.rebase(
      Session.identify(load(unread), identity),
      "their text",
      Data.of([
        ["_auth_user_id", text("2")],
        ["_auth_user_hash", text("other")]
      ])
    )
    expect(after && plain(after.data)).toEqual({ _auth_user_id: "1", _auth_user_backend: "b", _auth_user_hash: "h" })
  })

  it("drops the data of another user's session at a login, and keeps what this request has set", () => {
    const identity = { id: text("1"), backend: text("b"), hash: text("h") }
    const ours = Session.identify(Session.set(load(unread), "cart", text([1])), identity)
    const theirs = (id: string) =>
      Data.of([
        ["_auth_user_id", text(id)],
        ["_auth_user_backend", text("b")],
        ["secret", text("theirs")]
      ])
    const rebasedOn = (id: string) => plain(Session.rebase(ours, "their text", theirs(id))?.data ?? new Map())
    expect(rebasedOn("2")).toEqual({ cart: [1], _auth_user_id: "1", _auth_user_backend: "b", _auth_user_hash: "h" })
    expect(rebasedOn("1")).toMatchObject({ cart: [1], secret: "theirs", _auth_user_id: "1" })
  })

  it("rewrites a hash only for the user that the data still names", () => {
    const identity = { id: text("1"), backend: text("b"), hash: text("h") }
    const ours = Session.reidentify(load(unread), identity)
    const theirs = (id: unknown) =>
      Data.of([
        ["_auth_user_id", text(id)],
        ["_auth_user_backend", text("b")]
      ])
    for (const id of ["1", 1]) expect(hashOf(Session.rebase(ours, "their text", theirs(id)))).toBe(text("h"))
    expect(Session.rebase(ours, "their text", theirs("2"))).toBeUndefined()
    expect(Session.rebase(ours, "their text", new Map())).toBeUndefined()
  })

  it("is not inserted after a renewal when the session has got a user in the meantime and its row is gone", () => {
    const anonymous = Session.cycleKey(load(unread), newKey)
    const user = Data.of([["_auth_user_id", text("1")]])
    expect(anonymous.ifGone).toBe("Insert")
    expect(Session.rebase(anonymous, "their text", user)?.ifGone).toBe("Interrupt")
    expect(Session.rebase(anonymous, "their text", new Map())?.ifGone).toBe("Insert")
    const identity = { id: text("2"), backend: text("b"), hash: text("h") }
    expect(Session.rebase(Session.identify(anonymous, identity), "their text", user)?.ifGone).toBe("Insert")
  })

  it("compares the user's id by value, for every spelling of its JSON text", () => {
    const ours = Session.reidentify(load(unread), { id: text("zoë"), backend: text("b"), hash: text("h") })
    for (const id of ['"zoë"', '"zo\\u00eb"', '"zo\\u00EB"']) {
      const stored = Buffer.from(`{"_auth_user_id":${id},"_auth_user_backend":"\\u0062"}`).toString("latin1")
      const theirs = parseMembers(stored) ?? Data.empty
      expect(hashOf(Session.rebase(ours, "their text", theirs))).toBe(text("h"))
    }
  })

  it("treats __proto__ as an ordinary key", () => {
    const after = Session.set(load(unread), "__proto__", text({ polluted: true }))
    expect([...after.data.keys()]).toEqual(["x", "__proto__"])
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false)
  })

  it("ignores an answer that arrives when it was already read", () => {
    const before = Session.set(load(unread), "y", text(2))
    expect(Session.found(before, "late", new Map())).toBe(before)
    expect(Session.absent(before)).toBe(before)
  })

  describe("renewed twice in one request", () => {
    const twice = (first: Session.IfGone, second: Session.IfGone) =>
      Session.renew(Session.renew(load(unread), newKey, first), newKey, second).ifGone

    it("keeps one reason, and lets two different ones interrupt when the row is lost", () => {
      expect(twice("Insert", "Insert")).toBe("Insert")
      expect(twice("Drop", "Drop")).toBe("Drop")
      expect(twice("Drop", "Insert")).toBe("Interrupt")
      expect(twice("Insert", "Interrupt")).toBe("Interrupt")
    })

    it("depends on no old row after a flush", () => {
      expect(Session.renew(Session.flush(load(unread)), newKey, "Interrupt").ifGone).toBe("Insert")
    })
  })
})

describe("a session of a user who logged out in another request", () => {
  it("is not restored under a new key", () => {
    const named = Session.set(load(unread), "_auth_user_id", Json.write("1"))
    expect(Session.cycleKey(named, newKey).ifGone).toBe("Interrupt")
    expect(Session.cycleKey(load(unread), newKey).ifGone).toBe("Insert")
  })
})

describe("many keys together", () => {
  it("take time in proportion to their number", () => {
    // In quadratic time this would take longer than the test's timeout.
    const many = new Map(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, one] as const))
    const after = Session.update(load(unread), many)
    expect(Session.rebase(after, "their text", Data.of(many))?.data.size).toBe(100_000)
  })
})
