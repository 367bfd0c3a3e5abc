import { describe, expect, it } from "vitest"
import { djangoVersions } from "../../../../src/core/django-version.ts"
import type { CommitAnswer, LoadSessionAnswer, SessionChange } from "../../../../src/core/effect.ts"
import { serialize } from "../../../../src/core/http/cookies/set-cookie.ts"
import { addVary } from "../../../../src/core/http/headers/vary.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import * as Expiry from "../../../../src/core/session/lifetime/expiry.ts"
import { makeCodec } from "../../../../src/core/session/text/codec.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import type { SessionSettings } from "../../../../src/core/session/value/session-settings.ts"
import * as Respond from "../../../../src/core/session/writing/commit.ts"
import { openSession, resume as resumeOpening } from "../../../../src/core/session/writing/load-session.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import type { Moment } from "../../../../src/core/transition.ts"
import vectors from "../../../vectors/session_middleware.json" with { type: "json" }

const secret = "test-secret-key-0123456789-0123456789-0123456789"
const now = 1_700_000_000_000
const far = Date.UTC(2099, 0, 1)
const oldKey = SessionKey.parse("k".repeat(32))!
const newKey = SessionKey.parse("n".repeat(32))!
const spareKeys = ["a", "b", "c", "d"].map((letter) => SessionKey.parse(letter.repeat(32))!)
const moment: Moment = { now, fresh: { sessionKey: newKey, csrfSecret: "s".repeat(32), csrfMask: "m".repeat(32) } }
const codec = makeCodec({ secret, fallbacks: [] })
const one = Json.write(1)
const two = Json.write(2)

type Rows = Map<string, { readonly text: string; readonly expiresAt: number }>

const settingsOf = (settings: Record<string, unknown>): SessionSettings => ({
  codec,
  cookie: {
    name: String(settings["SESSION_COOKIE_NAME"] ?? "sessionid"),
    path: String(settings["SESSION_COOKIE_PATH"] ?? "/"),
    domain: settings["SESSION_COOKIE_DOMAIN"] === undefined ? undefined : String(settings["SESSION_COOKIE_DOMAIN"]),
    secure: settings["SESSION_COOKIE_SECURE"] === true,
    httpOnly: settings["SESSION_COOKIE_HTTPONLY"] !== false,
    sameSite: sameSiteOf(settings["SESSION_COOKIE_SAMESITE"])
  },
  cookieAgeSeconds: Number(settings["SESSION_COOKIE_AGE"] ?? 1_209_600),
  expireAtBrowserClose: settings["SESSION_EXPIRE_AT_BROWSER_CLOSE"] === true,
  saveEveryRequest: settings["SESSION_SAVE_EVERY_REQUEST"] === true
})

const sameSiteOf = (value: unknown): "Lax" | "Strict" | "None" | false =>
  value === "Strict" || value === "None" || value === false ? value : "Lax"

const settings = settingsOf({})

/** A minimal store, which makes one change at a time. */
const load = (rows: Rows, key: string): LoadSessionAnswer => {
  const row = rows.get(key)
  return row !== undefined && row.expiresAt > now
    ? { _tag: "SessionFound", text: row.text, prefetched: undefined }
    : { _tag: "SessionAbsent" }
}

const commit = (rows: Rows, change: SessionChange): CommitAnswer => {
  if (change._tag === "Delete") {
    rows.delete(change.key)
    return { _tag: "Deleted" }
  }
  const { expiresAt, text } = change
  const key = change._tag === "Move" ? change.to : change.key
  const compared = change._tag === "Insert" ? undefined : change._tag === "Move" ? change.from : change.key
  const row = compared === undefined ? undefined : rows.get(compared)
  if (compared !== undefined && row === undefined && !(change._tag === "Move" && change.ifGone === "Insert"))
    return { _tag: "Gone" }
  if (row !== undefined && "was" in change && change.was !== undefined && change.was !== row.text)
    return { _tag: "Changed", text: row.text }
  if (change._tag !== "Update" && rows.has(key)) return { _tag: "KeyTaken" }
  if (change._tag === "Move") rows.delete(change.from)
  rows.set(key, { text, expiresAt })
  return { _tag: "Committed", key, text }
}

/** Answers queries until the end; `before` runs before each change, like another request. */
const toTheEnd = (
  using: SessionSettings,
  rows: Rows,
  first: Respond.Respond<Respond.CookiePresence>,
  before: (round: number) => void = () => {},
  at: (round: number) => Moment = () => moment
) => {
  let step = first
  for (let round = 0; step._tag === "Paused"; round++) {
    if (round > 20) throw new Error("does not end")
    before(round)
    const { query } = step
    const answer =
      query._tag === "LoadSession"
        ? load(rows, query.key)
        : query._tag === "CommitSession"
          ? commit(rows, query.change)
          : undefined
    if (answer === undefined) throw new Error(`${query._tag} is not asked here`)
    step = Respond.resume(using, step.request, step.session, step.state, answer, at(round + 1))
  }
  return step
}

const read = (using: SessionSettings, rows: Rows, session: Session.Session): Session.LoadedSession => {
  const step = openSession({}, Session.accessed(session))
  if (step._tag === "Done") return step.value
  if (step.query._tag !== "LoadSession") throw new Error("asks something else")
  const opened = resumeOpening(using, {}, step.session, step.state, load(rows, step.query.key), moment)
  if (opened._tag !== "Done") throw new Error("still paused")
  return opened.value
}

const views: Record<
  string,
  (session: Session.Session, read: (session: Session.Session) => Session.LoadedSession, rows: Rows) => Session.Session
> = {
  nothing: (session) => session,
  get: (session, read) => read(session),
  contains: (session, read) => read(session),
  set: (session, read) => Session.set(read(session), "y", two),
  clear: (session) => Session.clear(session),
  flush: (session) => Session.flush(session),
  del_only_key: (session, read) => Session.remove(read(session), "x"),
  set_then_del: (session, read) => Session.remove(Session.set(read(session), "t", one), "t"),
  cycle: (session, read) => Session.cycleKey(read(session), newKey),
  cycle_then_set: (session, read) => Session.set(Session.cycleKey(read(session), newKey), "y", two),
  row_deleted_meanwhile: (session, read, rows) => {
    const after = Session.set(read(session), "y", two)
    rows.clear()
    return after
  },
  set_expiry_0: (session, read) => Session.set(read(session), Expiry.sessionDataKey, Expiry.afterSeconds(0)),
  set_expiry_60: (session, read) => Session.set(read(session), Expiry.sessionDataKey, Expiry.afterSeconds(60)),
  mutate_nested_in_place: (session, read) => read(session),
  save_in_view: (session, read) => Session.modified(Session.set(read(session), "y", two))
}

const cookieValues: Record<string, string | undefined> = {
  absent: undefined,
  "empty string": "",
  "too short": "abc",
  valid: oldKey,
  unknown: oldKey,
  expired: oldKey,
  corrupt: oldKey
}

interface Row {
  readonly cookie: string
  readonly view: string
  readonly status: number
  readonly settings: Record<string, unknown>
  /** Absent where Django raises. */
  readonly set_cookie?: ReadonlyArray<string>
  readonly vary?: string | null
  readonly rows_after: ReadonlyArray<{
    readonly key: string
    readonly data: object
    readonly expires_in: number | null
  }>
}

/** All rows as an older Django answered them. */
const rowsOf = ({ rows }: { readonly rows: object }): ReadonlyArray<Row> => {
  const different = new Map<string, Partial<Row>>(Object.entries(rows))
  return vectors.data.map((row, index) => ({ ...row, ...different.get(String(index)) }))
}

const rowsBefore = (row: Row): Rows => {
  const data = Data.of([
    row.view === "mutate_nested_in_place" ? (["list", Json.write([])] as const) : (["x", one] as const)
  ])
  switch (row.cookie) {
    case "valid":
      return new Map([[oldKey, { text: codec.encode(data, now), expiresAt: far }]])
    case "expired":
      return new Map([[oldKey, { text: codec.encode(data, now), expiresAt: now - 1000 }]])
    case "corrupt":
      return new Map([[oldKey, { text: "garbage:1:2", expiresAt: far }]])
    default:
      return new Map()
  }
}

const run = (row: Row, habits: Partial<SessionSettings> = {}) => {
  const using = { ...settingsOf(row.settings), ...habits }
  const rows = rowsBefore(row)
  const cookie = cookieValues[row.cookie]
  const request = { sessionCookiePresented: cookie !== undefined }
  const session = views[row.view]!(Session.fromCookie(SessionKey.parse(cookie)), (s) => read(using, rows, s), rows)
  const step = toTheEnd(using, rows, Respond.respond(using, request, session, row.status, moment))
  const label = (key: string) => (key === oldKey ? "<OLDKEY>" : "<NEWKEY>")
  const initialVary = (row.settings as Record<string, string>)["initial Vary"]
  const vary = step.effects.some(({ _tag }) => _tag === "VaryOn") ? addVary(initialVary, "Cookie") : initialVary
  return {
    value: step.value._tag,
    set_cookie: step.effects.flatMap((effect) =>
      effect._tag === "SetCookie" || effect._tag === "DeleteCookie"
        ? [serialize(effect).replace(oldKey, "<OLDKEY>").replace(newKey, "<NEWKEY>")]
        : []
    ),
    vary: vary ?? null,
    rows_after: [...rows]
      .map(([key, { expiresAt, text }]) => {
        const decoded = codec.decode(text)
        return {
          key: label(key),
          data:
            decoded._tag === "Decoded"
              ? Object.fromEntries([...Data.values(decoded.data)].map(([name, json]) => [name, Json.read(json)]))
              : {},
          expires_in: expiresAt === far ? null : Math.trunc((expiresAt - now) / 1000)
        }
      })
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }
}

/**
 * A difference on purpose. When a handler fails, Django has already replaced the row, and the browser keeps an invalid
 * key. In latchkey a failing response changes nothing, so the browser's session stays valid.
 */
const isIntendedDifference = (row: Row): boolean =>
  row.view === "cycle" && row.status >= 500 && row.set_cookie?.length === 0

/** Older Djangos sent no Vary with the cookie of an unread session: a shared cache may send it to another user. */
const varyOf = ({ set_cookie = [], vary }: Row): string | null | undefined =>
  set_cookie.some((cookie) => !cookie.includes("Max-Age=0;")) ? (vary ?? "Cookie") : vary

describe("the session after a response", () => {
  const djangos = [
    { from: vectors.from, rows: rowsOf({ rows: {} }), habits: {} },
    ...vectors.older.map((older) => {
      const { savesServerErrors } = djangoVersions[older.from.startsWith("django-3.2") ? "3.2" : "4.2"]
      return { from: older.from, rows: rowsOf(older), habits: { savesServerErrors } }
    })
  ]

  for (const { from, habits, rows } of djangos) {
    describe(`beside ${from}`, () => {
      for (const row of rows) {
        const title = `${row.cookie} cookie, ${row.view}, ${row.status} ${JSON.stringify(row.settings)}`
        if (isIntendedDifference(row)) {
          it(`${title}: nothing, unlike in Django`, () => {
            expect(run(row, habits)).toEqual({
              value: "Responded",
              set_cookie: [],
              vary: "Cookie",
              rows_after: [{ key: "<OLDKEY>", data: { x: 1 }, expires_in: null }]
            })
          })
          continue
        }
        it(title, () => {
          const { value, ...rest } = run(row, habits)
          if ("raises" in row)
            expect({ value, rows_after: rest.rows_after }).toEqual({ value: "Interrupted", rows_after: row.rows_after })
          else
            expect({ value, ...rest }).toEqual({
              value: "Responded",
              set_cookie: row.set_cookie,
              vary: varyOf(row),
              rows_after: row.rows_after
            })
        })
      }
    })
  }

  it("is Django's in all but a few of its 133 cases", () => {
    const isOther = (row: Row): boolean => isIntendedDifference(row) || varyOf(row) !== row.vary
    expect(djangos.map(({ from, rows }) => [from.slice(0, 10), rows.length, rows.filter(isOther).length])).toEqual([
      ["django-6.2", 133, 2],
      ["django-4.2", 133, 5],
      ["django-3.2", 133, 4]
    ])
  })
})

describe("respond", () => {
  const presented = { sessionCookiePresented: true }
  const stored = (data: Record<string, unknown>): Rows =>
    new Map([
      [
        oldKey,
        {
          text: codec.encode(Data.of(Object.entries(data).map(([key, value]) => [key, Json.write(value)])), now),
          expiresAt: far
        }
      ]
    ])
  const opened = (rows: Rows) => read(settings, rows, Session.fromCookie(oldKey))
  const dataAt = (rows: Rows, key: string) => {
    const decoded = codec.decode(rows.get(key)?.text ?? "")
    return decoded._tag === "Decoded"
      ? Object.fromEntries([...Data.values(decoded.data)].map(([k, v]) => [k, Json.read(v)]))
      : undefined
  }
  const writeByAnotherRequest = (rows: Rows, data: Record<string, unknown>) =>
    rows.set(oldKey, { ...rows.get(oldKey)!, text: [...stored(data).values()][0]!.text })
  const respondWith = (
    rows: Rows,
    session: Session.Session,
    status = 200,
    before?: (round: number) => void,
    at?: (round: number) => Moment
  ) => toTheEnd(settings, rows, Respond.respond(settings, presented, session, status, moment), before, at)

  it("merges its changes with those of a parallel write", () => {
    const rows = stored({ x: 1 })
    const step = respondWith(rows, Session.set(opened(rows), "y", two), 200, (round) => {
      if (round === 0) writeByAnotherRequest(rows, { x: 1, z: 3 })
    })
    expect(step.value).toEqual({ _tag: "Responded" })
    expect(dataAt(rows, oldKey)).toEqual({ x: 1, z: 3, y: 2 })
  })

  it("computes the cookie's age from what was committed, not from what was read", () => {
    const rows = stored({ x: 1 })
    const step = respondWith(rows, Session.set(opened(rows), "y", two), 200, (round) => {
      if (round === 0) writeByAnotherRequest(rows, { [Expiry.sessionDataKey]: 60 })
    })
    expect(step.effects.find(({ _tag }) => _tag === "SetCookie")).toMatchObject({ lifetime: { maxAgeSeconds: 60 } })
    expect(rows.get(oldKey)?.expiresAt).toBe(now + 60_000)
  })

  it("keeps a parallel write when the key is renewed", () => {
    const rows = stored({ x: 1 })
    respondWith(rows, Session.cycleKey(opened(rows), newKey), 200, (round) => {
      if (round === 0) writeByAnotherRequest(rows, { x: 1, z: 3 })
    })
    expect([...rows.keys()]).toEqual([newKey])
    expect(dataAt(rows, newKey)).toEqual({ x: 1, z: 3 })
  })

  it("inserts a renewed session even if its row is gone", () => {
    const rows = stored({ x: 1 })
    const step = respondWith(rows, Session.cycleKey(opened(rows), newKey), 200, () => rows.clear())
    expect([step.value._tag, dataAt(rows, newKey)]).toEqual(["Responded", { x: 1 }])
  })

  describe("when the session had expired and the store has such ones renewed", () => {
    const ended = (): Rows =>
      new Map([[oldKey, { text: codec.encode(Data.of([["x", one]]), now), expiresAt: now - 1000 }]])
    const renewed = (rows: Rows) =>
      Session.expired(Session.accessed(Session.fromCookie(oldKey)), rows.get(oldKey)!.text, newKey)
    const written = (rows: Rows) => [...rows.keys()].map((key) => [key, dataAt(rows, key)])

    it("replaces it by a new, empty session although a handler only read it", () => {
      const rows = ended()
      const step = respondWith(rows, renewed(rows))
      expect(step.effects.find(({ _tag }) => _tag === "SetCookie")).toMatchObject({
        value: newKey,
        lifetime: { maxAgeSeconds: 1_209_600 }
      })
      expect(written(rows)).toEqual([[newKey, {}]])
    })
    it("puts what the request wrote into the new one", () => {
      const rows = ended()
      respondWith(rows, Session.set(renewed(rows), "y", two))
      expect(written(rows)).toEqual([[newKey, { y: 2 }]])
    })
    it("does so when the expired row is gone by then", () => {
      const rows = ended()
      const session = renewed(rows)
      const step = respondWith(rows, session, 200, () => rows.clear())
      expect([step.value._tag, written(rows)]).toEqual(["Responded", [[newKey, {}]]])
    })
    it("is stored under another key when another request has restored the old one", () => {
      const rows = ended()
      const session = Session.set(renewed(rows), "y", two)
      const step = respondWith(rows, session, 200, (round) => {
        if (round === 0) writeByAnotherRequest(rows, { x: 1, z: 3 })
      })
      expect(step.value._tag).toBe("Responded")
      expect(written(rows)).toEqual([
        [oldKey, { x: 1, z: 3 }],
        [newKey, { y: 2 }]
      ])
    })
    it("writes nothing, and sends no cookie, when the handler failed", () => {
      const rows = ended()
      const step = respondWith(rows, renewed(rows), 500)
      expect([step.effects, written(rows)]).toEqual([[{ _tag: "VaryOn", header: "Cookie" }], [[oldKey, { x: 1 }]]])
    })
    it("removes it, and stores nothing, when the session is flushed", () => {
      const rows = ended()
      const step = respondWith(rows, Session.flush(renewed(rows)))
      expect([step.effects.map(({ _tag }) => _tag), rows.size]).toEqual([["DeleteCookie", "VaryOn"], 0])
    })
    it("does not depend on it when the session gets yet another key", () => {
      for (const ifGone of ["Insert", "Interrupt"] as const) {
        const rows = ended()
        const session = Session.renew(renewed(rows), spareKeys[0]!, ifGone)
        const step = respondWith(rows, session, 200, () => rows.delete(oldKey))
        expect([step.value._tag, written(rows)]).toEqual(["Responded", [[spareKeys[0], {}]]])
      }
    })
    it("renews it in the middle of the response, when every request saves its session", () => {
      const rows = ended()
      const using = settingsOf({ SESSION_SAVE_EVERY_REQUEST: true })
      const asked = Respond.respond(using, presented, Session.fromCookie(oldKey), 200, moment)
      const answer = { _tag: "SessionExpired", text: rows.get(oldKey)!.text } as const
      if (asked._tag !== "Paused") throw new Error("does not ask")
      const step = toTheEnd(using, rows, Respond.resume(using, presented, asked.session, asked.state, answer, moment))
      expect([step.effects.map(({ _tag }) => _tag), written(rows)]).toEqual([["SetCookie", "VaryOn"], [[newKey, {}]]])
    })
  })

  it("is interrupted, and revives nothing, when the row of a session kept through a password change is gone", () => {
    const rows = stored({ x: 1 })
    const step = respondWith(rows, Session.renew(opened(rows), newKey, "Interrupt"), 200, () => rows.clear())
    expect([step.value._tag, step.effects, rows.size]).toEqual(["Interrupted", [], 0])
  })

  describe("when only the session auth hash is rewritten under a new secret", () => {
    const identity = { id: Json.write("1"), backend: Json.write("b"), hash: Json.write("h") }
    const ofUser = { _auth_user_id: "1", _auth_user_backend: "b", _auth_user_hash: "old" }
    const rehashed = (rows: Rows) => Session.reidentify(Session.renew(opened(rows), newKey, "Drop"), identity)

    it("answers without a row and without a cookie if the row is gone", () => {
      const rows = stored({ x: 1 })
      const step = respondWith(rows, rehashed(rows), 200, () => rows.clear())
      expect([step.value._tag, step.effects, rows.size]).toEqual([
        "Responded",
        [{ _tag: "VaryOn", header: "Cookie" }],
        0
      ])
    })

    it("does not change a session that another request cleared: it has no user any more", () => {
      const rows = stored(ofUser)
      const step = respondWith(rows, rehashed(rows), 200, () => writeByAnotherRequest(rows, { cart: 1 }))
      expect([step.value._tag, step.effects.map(({ _tag }) => _tag)]).toEqual(["Responded", ["VaryOn"]])
      expect([dataAt(rows, oldKey), rows.size]).toEqual([{ cart: 1 }, 1])
    })

    it("is interrupted if the request writes other data too", () => {
      const rows = stored({ x: 1 })
      const step = respondWith(rows, Session.set(rehashed(rows), "y", two), 200, () => rows.clear())
      expect([step.value._tag, rows.size]).toEqual(["Interrupted", 0])
    })
  })

  it("tries another key if one is taken, up to three keys, then ends without a cookie", () => {
    const rows: Rows = new Map([newKey, ...spareKeys].map((key) => [key, { text: "taken", expiresAt: far }]))
    const session = Session.set(read(settings, rows, Session.fromCookie(undefined)), "y", two)
    const draw = (round: number): Moment => ({
      ...moment,
      fresh: { ...moment.fresh, sessionKey: spareKeys[round - 1] ?? newKey }
    })
    const exhausted = respondWith(rows, session, 200, undefined, draw)
    expect([exhausted.value._tag, exhausted.effects]).toEqual(["KeysExhausted", []])
    rows.delete(spareKeys[2]!)
    expect(respondWith(rows, session, 200, undefined, draw).value._tag).toBe("KeysExhausted")
    rows.delete(spareKeys[1]!)
    const third = respondWith(rows, session, 200, undefined, draw)
    expect([third.value._tag, dataAt(rows, spareKeys[1]!)]).toEqual(["Responded", { y: 2 }])
  })

  it("tries another key if the key of a renewed session is taken, and replaces the old row with a free one", () => {
    const rows: Rows = new Map([...stored({ x: 1 }), [newKey, { text: "taken", expiresAt: far }]])
    const asked: Array<unknown> = []
    const [spare] = spareKeys
    const draw = (): Moment => ({ ...moment, fresh: { ...moment.fresh, sessionKey: spare ?? newKey } })
    const step = respondWith(
      rows,
      Session.cycleKey(opened(rows), newKey),
      200,
      () => asked.push([...rows.keys()]),
      draw
    )
    expect(asked).toEqual([
      [oldKey, newKey],
      [oldKey, newKey]
    ])
    expect([step.value._tag, step.session.key, [...rows.keys()]]).toEqual(["Responded", spare, [newKey, spare]])
    expect(rows.get(newKey)?.text).toBe("taken")
  })

  describe("with a status of 500", () => {
    it("still removes the row of a flushed session, and the cookie", () => {
      const rows = stored({ x: 1 })
      const step = respondWith(rows, Session.flush(opened(rows)), 500)
      expect([rows.size, step.effects.map(({ _tag }) => _tag)]).toEqual([0, ["DeleteCookie", "VaryOn"]])
    })

    it("removes the flushed row but stores nothing new", () => {
      const rows = stored({ x: 1 })
      const step = respondWith(rows, Session.set(Session.flush(opened(rows)), "y", two), 500)
      expect([rows.size, step.effects.map(({ _tag }) => _tag)]).toEqual([0, ["VaryOn"]])
    })

    it("keeps the row of a session that was cleared unread and renewed", () => {
      const rows = stored({ x: 1 })
      respondWith(rows, Session.cycleKey(Session.clear(Session.fromCookie(oldKey)), newKey), 500)
      expect(dataAt(rows, oldKey)).toEqual({ x: 1 })
    })
  })

  it("replaces a flushed session by a new one in one change", () => {
    const rows = stored({ x: 1 })
    const changes: Array<SessionChange> = []
    let step = Respond.respond(settings, presented, Session.set(Session.flush(opened(rows)), "y", two), 200, moment)
    while (step._tag === "Paused" && step.query._tag === "CommitSession") {
      changes.push(step.query.change)
      step = Respond.resume(settings, step.request, step.session, step.state, commit(rows, step.query.change), moment)
    }
    expect(changes.map(({ _tag }) => _tag)).toEqual(["Move"])
    expect([...rows.keys()]).toEqual([newKey])
  })

  it("writes nothing when a commit has finished and nothing changed since", () => {
    const rows = stored({ x: 1 })
    const first = respondWith(rows, Session.set(opened(rows), "y", two))
    const again = Respond.respond(settings, presented, first.session, 200, moment)
    expect([again._tag, again.effects]).toEqual(["Done", [{ _tag: "VaryOn", header: "Cookie" }]])
  })

  it("pauses in states that contain neither key nor data", () => {
    const rows = stored({ x: "private" })
    const paused = Respond.respond(settings, presented, Session.set(opened(rows), "y", two), 200, moment)
    expect(paused._tag === "Paused" && paused.state).toEqual({ _tag: "Committing", keysTaken: 0 })
  })
})
