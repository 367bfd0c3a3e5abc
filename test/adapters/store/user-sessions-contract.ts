/** The tests that every session store must pass that records the sessions of users. */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { mostListed, type StoredUserSession, type UserSessionStore } from "../../../src/adapters/ports/session-store.ts"
import { memory } from "../../../src/adapters/store/memory.ts"
import type { CommitAnswer, SessionChange, SessionRecord, SessionVisit } from "../../../src/core/effect.ts"
import type * as Key from "../../../src/core/session-key.ts"
import { storePromises } from "../../../src/testing/index.ts"
import { freshKey } from "./session-calls.ts"
import type { SessionStoreUnderTest } from "./session-store-contract.ts"

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const MINUTE = 60_000
const LATER = NOW + 86_400_000

const alice = { backend: "model", id: "1" }
const bob = { backend: "model", id: "2" }

const idOf = (letter: string): string => letter.repeat(43)

/** A visit `minutes` after the start, with an interval of five minutes. */
const visitBy = (user: SessionVisit["user"], id: string, minutes = 0, client = "browser"): SessionVisit => ({
  user,
  id: idOf(id),
  at: NOW + minutes * MINUTE,
  seenBefore: NOW + (minutes - 5) * MINUTE,
  clientAddress: `${client}'s address`,
  userAgent: client
})

const recordBy = (user: SessionRecord["user"], id: string, started = 0, seen = started, client = "browser") => ({
  user,
  id: idOf(id),
  startedAt: NOW + started * MINUTE,
  seenAt: NOW + seen * MINUTE,
  clientAddress: `${client}'s address`,
  userAgent: client
})

/**
 * @param isRemoved whether the server removes expired sessions itself
 */
export const userSessionStoreContract = (
  name: string,
  make: () => Promise<Pick<SessionStoreUnderTest, "store" | "close" | "expiredVanish">>
): void => {
  describe(`sessions of users in ${name}`, () => {
    let under: Pick<SessionStoreUnderTest, "store" | "close" | "expiredVanish">
    let records: UserSessionStore
    beforeAll(async () => {
      under = await make()
      const { userSessions } = under.store
      if (userSessions === undefined) throw new Error("the store does not record the sessions of users")
      records = userSessions
    })
    afterAll(() => under?.close())

    const commit = (change: SessionChange): Promise<CommitAnswer> => Effect.runPromise(under.store.commit(change, NOW))
    const insert = (key: Key.SessionKey, visit?: SessionVisit, text = "text") =>
      commit({ _tag: "Insert", key, text, expiresAt: LATER, ...(visit && { visit }) })
    const update = (key: Key.SessionKey, visit?: SessionVisit, was: string | undefined = "text", text = "text") =>
      commit({ _tag: "Update", key, was, text, expiresAt: LATER, ...(visit && { visit }) })
    const overwrite = (key: Key.SessionKey, visit?: SessionVisit) =>
      commit({ _tag: "Update", key, was: undefined, text: "text", expiresAt: LATER, ...(visit && { visit }) })
    const move = (
      from: Key.SessionKey,
      to: Key.SessionKey,
      visit: SessionVisit,
      more: Partial<Extract<SessionChange, { _tag: "Move" }>> = {}
    ) =>
      commit({ _tag: "Move", from, was: "text", to, text: "text", expiresAt: LATER, ifGone: "Refuse", visit, ...more })
    const remove = (key: Key.SessionKey) => commit({ _tag: "Delete", key })
    const visit = (key: Key.SessionKey, of: SessionVisit) => Effect.runPromise(records.visit(key, of))
    const recordOf = async (key: Key.SessionKey): Promise<SessionRecord | undefined> => {
      const answer = await Effect.runPromise(under.store.load(key, NOW))
      return answer._tag === "SessionFound" ? answer.record : undefined
    }
    const list = (
      user: { readonly backend: string; readonly id: string },
      id?: string
    ): Promise<ReadonlyArray<StoredUserSession>> =>
      Effect.runPromise(
        records.list({ backends: [user.backend, "other"], userId: user.id, ...(id && { id: idOf(id) }) }, NOW)
      )
    /** A user whose sessions no other test uses. */
    const stranger = () => ({ backend: "model", id: freshKey() })
    const inserted = async (of?: SessionVisit) => {
      const key = freshKey()
      await insert(key, of)
      return key
    }

    it("are recorded when the session is stored, and loaded with it", async () => {
      const key = await inserted(visitBy(alice, "a"))
      expect(await recordOf(key)).toEqual(recordBy(alice, "a"))
    })
    it("are not recorded without a visit", async () => {
      const key = await inserted()
      expect(await recordOf(key)).toBe(undefined)
      await update(key)
      await overwrite(key)
      expect(await recordOf(key)).toBe(undefined)
    })
    it("are not recorded if the key is in use", async () => {
      const key = await inserted()
      expect(await insert(key, visitBy(alice, "a"))).toEqual({ _tag: "KeyTaken" })
      expect(await recordOf(key)).toBe(undefined)
    })

    describe.each([
      ["an update", (key: Key.SessionKey, of: SessionVisit) => update(key, of)],
      ["an overwrite", (key: Key.SessionKey, of: SessionVisit) => overwrite(key, of)],
      ["a visit", (key: Key.SessionKey, of: SessionVisit) => visit(key, of)]
    ])("%s", (_, apply) => {
      it("makes a record of a session without one", async () => {
        const key = await inserted()
        await apply(key, visitBy(alice, "a"))
        expect(await recordOf(key)).toEqual(recordBy(alice, "a"))
      })
      it("within the interval changes nothing", async () => {
        const key = await inserted(visitBy(alice, "a"))
        await apply(key, visitBy(alice, "b", 4, "phone"))
        expect(await recordOf(key)).toEqual(recordBy(alice, "a"))
      })
      it("after the interval changes when and by which client the session was seen", async () => {
        const key = await inserted(visitBy(alice, "a"))
        await apply(key, visitBy(alice, "b", 5, "phone"))
        expect(await recordOf(key)).toEqual(recordBy(alice, "a", 0, 5, "phone"))
      })
      it("by another user replaces the record", async () => {
        const key = await inserted(visitBy(alice, "a"))
        await apply(key, visitBy(bob, "b", 1))
        expect(await recordOf(key)).toEqual(recordBy(bob, "b", 1))
        await apply(key, visitBy({ ...bob, backend: "other" }, "c", 2))
        expect(await recordOf(key)).toEqual(recordBy({ ...bob, backend: "other" }, "c", 2))
      })
      it("without a user removes the record", async () => {
        const key = await inserted(visitBy(alice, "a"))
        await apply(key, visitBy(undefined, "b", 1))
        expect(await recordOf(key)).toBe(undefined)
      })
      it("records nothing about a session that does not exist", async () => {
        const [user, key] = [stranger(), freshKey()]
        await apply(key, visitBy(user, "a"))
        await insert(key)
        expect(await recordOf(key)).toBe(undefined)
        expect(await list(user)).toEqual([])
      })
    })

    it("stay as they are if the session has changed", async () => {
      const key = await inserted(visitBy(alice, "a"))
      expect(await update(key, visitBy(bob, "b"), "other")).toEqual({ _tag: "Changed", text: "text" })
      expect(await move(key, freshKey(), visitBy(bob, "b"), { was: "other" })).toMatchObject({ _tag: "Changed" })
      expect(await move(key, await inserted(), visitBy(bob, "b"))).toEqual({ _tag: "KeyTaken" })
      expect(await recordOf(key)).toEqual(recordBy(alice, "a"))
    })
    it("without client texts are recorded without them", async () => {
      const unknown = { clientAddress: undefined, userAgent: undefined }
      const key = await inserted({ ...visitBy(alice, "a"), ...unknown })
      expect(await recordOf(key)).toEqual({ ...recordBy(alice, "a"), ...unknown })
    })
    it("keep every text as it is", async () => {
      const texts = { clientAddress: "fe80::1%eth0", userAgent: `"\\'; -- \u{1f511}\ufffd\n${"x".repeat(500)}` }
      const user = { backend: 'a."b"\'c', id: "id with spaces, ümläuts: \u{1f511}" }
      const key = await inserted({ ...visitBy(user, "a"), ...texts })
      expect(await recordOf(key)).toEqual({ ...recordBy(user, "a"), ...texts })
      expect(await list(user)).toMatchObject([{ key }])
    })

    describe("a move", () => {
      it("that keeps the user takes the record along", async () => {
        const [user, to] = [stranger(), freshKey()]
        const from = await inserted(visitBy(user, "a"))
        expect(await move(from, to, visitBy(user, "b", 1, "phone"), { forwards: true })).toMatchObject({ key: to })
        expect(await recordOf(to)).toEqual(recordBy(user, "a"))
        expect(await list(user)).toEqual([{ key: to, text: "text", record: recordBy(user, "a") }])
      })
      it("that keeps the user, after the interval, changes when and by which client it was seen", async () => {
        const to = freshKey()
        await move(await inserted(visitBy(alice, "a")), to, visitBy(alice, "b", 5, "phone"), { forwards: true })
        expect(await recordOf(to)).toEqual(recordBy(alice, "a", 0, 5, "phone"))
      })
      it("that keeps the user of a session without a record makes one", async () => {
        const to = freshKey()
        await move(await inserted(), to, visitBy(alice, "b", 1), { forwards: true })
        expect(await recordOf(to)).toEqual(recordBy(alice, "b", 1))
      })
      it("to another user makes a new record, and removes the old one", async () => {
        const [user, other, to] = [stranger(), stranger(), freshKey()]
        const from = await inserted(visitBy(user, "a"))
        await move(from, to, visitBy(other, "b", 1))
        expect(await recordOf(to)).toEqual(recordBy(other, "b", 1))
        expect([await list(user), (await list(other)).length]).toEqual([[], 1])
        await insert(from)
        expect(await recordOf(from)).toBe(undefined)
      })
      it("to a new login of the same user makes a new record", async () => {
        const [user, to] = [stranger(), freshKey()]
        await move(await inserted(visitBy(user, "a")), to, visitBy(user, "b", 1))
        expect(await list(user)).toEqual([{ key: to, text: "text", record: recordBy(user, "b", 1) }])
      })
      it("to a session without a user removes the record", async () => {
        const [user, to] = [stranger(), freshKey()]
        await move(await inserted(visitBy(user, "a")), to, visitBy(undefined, "b"))
        expect([await recordOf(to), await list(user)]).toEqual([undefined, []])
      })
      it("of a session that does not exist inserts it with a record, if it is inserted", async () => {
        const [user, to] = [stranger(), freshKey()]
        expect(await move(freshKey(), freshKey(), visitBy(user, "a"))).toEqual({ _tag: "Gone" })
        expect(await list(user)).toEqual([])
        await move(freshKey(), to, visitBy(user, "a"), { ifGone: "Insert" })
        expect(await list(user)).toMatchObject([{ key: to }])
      })
    })

    it("are removed with the session", async () => {
      const user = stranger()
      const key = await inserted(visitBy(user, "a"))
      await remove(key)
      expect(await list(user)).toEqual([])
      await insert(key)
      expect(await recordOf(key)).toBe(undefined)
    })

    describe("the list", () => {
      it("has only the user's sessions, those seen last first", async () => {
        const user = stranger()
        const other = { ...user, backend: "other" }
        const foreign = { ...user, backend: "foreign" }
        const first = await inserted(visitBy(user, "a", 1))
        const third = await inserted(visitBy(other, "b", 3))
        const second = await inserted(visitBy(user, "c", 2))
        await inserted(visitBy(foreign, "d", 4))
        await inserted(visitBy({ ...user, id: `${user.id}1` }, "e", 5))
        expect((await list(user)).map(({ key }) => key)).toEqual([third, second, first])
      })
      it("has only the session with an id, if one is given", async () => {
        const user = stranger()
        await inserted(visitBy(user, "a"))
        const key = await inserted(visitBy(user, "b"))
        expect(await list(user, "b")).toEqual([{ key, text: "text", record: recordBy(user, "b") }])
        expect(await list(stranger(), "b")).toEqual([])
        expect(await list(user, "c")).toEqual([])
      })
      it("has the text that was written last", async () => {
        const user = stranger()
        const key = await inserted(visitBy(user, "a"))
        await update(key, undefined, "text", "other text")
        expect(await list(user)).toMatchObject([{ text: "other text" }])
      })
      it("has no expired session", async () => {
        const user = stranger()
        const key = freshKey()
        const expiresAt = under.expiredVanish ? NOW + 30 : NOW
        await commit({ _tag: "Insert", key, text: "text", expiresAt, visit: visitBy(user, "a") })
        if (under.expiredVanish) await new Promise((resolve) => setTimeout(resolve, 60))
        expect(await list(user)).toEqual([])
      })
      it(`has at most ${mostListed} sessions`, async () => {
        const user = stranger()
        const visits = Array.from({ length: mostListed + 5 }, (_, i) => visitBy(user, "a", i))
        // A few at a time, because the stores under test have short deadlines.
        const inTurns = async <A>(all: ReadonlyArray<A>, run: (one: A) => Promise<unknown>): Promise<void> => {
          for (let at = 0; at < all.length; at += 10) await Promise.all(all.slice(at, at + 10).map(run))
        }
        await inTurns(visits, (of) => inserted(of))
        const listed = await list(user)
        expect(listed.length).toBe(mostListed)
        expect(listed[0]?.record.seenAt).toBe(NOW + (mostListed + 4) * MINUTE)
        await inTurns(listed, ({ key }) => remove(key))
        expect((await list(user)).length).toBe(5)
      })
    })

    describe("at the same time", () => {
      /** Ends the sessions of a user as `endSessions` does. */
      const endAll = async (user: typeof alice) => {
        for (const { key } of await list(user)) {
          let at = key
          for (;;) {
            const answer = await remove(at)
            if (answer._tag !== "Moved") break
            at = answer.to
          }
        }
      }

      it("a visit and the end of the session: it is in no list", async () => {
        for (let i = 0; i < 20; i++) {
          const user = stranger()
          const key = await inserted()
          await Promise.all([visit(key, visitBy(user, "a")), remove(key)])
          expect(await list(user)).toEqual([])
        }
      })
      it("a new key and the end of the session: it has ended", async () => {
        for (let i = 0; i < 20; i++) {
          const [user, to] = [stranger(), freshKey()]
          const from = await inserted(visitBy(user, "a"))
          await Promise.all([move(from, to, visitBy(user, "a"), { forwards: true }), endAll(user)])
          await endAll(user)
          expect(await list(user)).toEqual([])
          expect(await Effect.runPromise(under.store.load(to, NOW))).toEqual({ _tag: "SessionAbsent" })
        }
      })
      it("a new key and a visit: the session is in the list once, under its new key", async () => {
        for (let i = 0; i < 20; i++) {
          const [user, to] = [stranger(), freshKey()]
          const from = await inserted()
          await Promise.all([
            visit(from, visitBy(user, "a")),
            move(from, to, visitBy(user, "a"), { forwards: true }),
            visit(from, visitBy(user, "a", 6))
          ])
          expect((await list(user)).map(({ key }) => key)).toEqual([to])
        }
      })
      it("two first visits: one record", async () => {
        const user = stranger()
        const key = await inserted()
        await Promise.all(Array.from({ length: 10 }, () => visit(key, visitBy(user, "a"))))
        expect((await list(user)).length).toBe(1)
      })
    })

    it("keep the promises about them that latchkey/testing checks", async () => {
      const { expiredVanish, store } = under
      const expiry = expiredVanish ? "vanishes" : "kept"
      const options = { userSessions: true, capabilities: store.capabilities, expiry, series: 60 } as const
      const promises = storePromises(() => store, options).filter(({ title }) => /^(records|lists)/.test(title))
      expect(promises.length).toBe(2)
      for (const { check } of promises) await check()
    })

    it("change exactly as in memory, for any changes", async () => {
      const model = memory({ userSessions: true }).sessions
      const keys = Array.from({ length: 3 }, freshKey)
      const key = fc.constantFrom(...keys)
      const users = [stranger(), stranger()]
      const of = fc
        .record({ user: fc.constantFrom(...users, undefined), id: fc.constantFrom("a", "b"), minutes: fc.nat(9) })
        .map(({ id, minutes, user }) => visitBy(user, id, minutes, `client ${minutes}`))
      const text = fc.constantFrom("text", "other")
      const was = fc.option(text, { nil: undefined })
      const optional = fc.option(of, { nil: undefined }).map((visit) => (visit === undefined ? {} : { visit }))
      const change = fc.oneof(
        fc
          .tuple(key, text, optional)
          .map(([key, text, visit]) => ({ _tag: "Insert", key, text, expiresAt: LATER, ...visit })),
        fc
          .tuple(key, was, text, optional)
          .map(([key, was, text, visit]) => ({ _tag: "Update", key, was, text, expiresAt: LATER, ...visit })),
        fc
          .tuple(key, was, key, text, of, fc.boolean(), fc.constantFrom("Insert", "Refuse"))
          .filter(([from, , to]) => from !== to)
          .map(([from, was, to, text, visit, keepsUser, ifGone]) => ({
            ...{ _tag: "Move", from, was, to, text, expiresAt: LATER, ifGone, visit },
            ...(keepsUser && { forwards: true })
          })),
        key.map((key) => ({ _tag: "Delete", key })),
        fc.tuple(key, of).map(([key, visit]) => ({ _tag: "Visit", key, visit }))
      ) as fc.Arbitrary<SessionChange | { _tag: "Visit"; key: Key.SessionKey; visit: SessionVisit }>
      const apply = async (store: typeof under.store, one: SessionChange | Parameters<typeof isVisit>[0]) =>
        isVisit(one)
          ? Effect.runPromise(store.userSessions?.visit(one.key, one.visit) ?? Effect.die("no records"))
          : Effect.runPromise(store.commit(one, NOW))
      const seen = async (store: typeof under.store) =>
        Promise.all(
          keys.map(async (key) => {
            const answer = await Effect.runPromise(store.load(key, NOW))
            return answer._tag === "SessionFound" ? { text: answer.text, record: answer.record } : undefined
          })
        )
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
          for (const store of [under.store, model])
            for (const key of keys) await Effect.runPromise(store.commit({ _tag: "Delete", key }, NOW))
          for (const one of changes) {
            const [answer, expected] = [await apply(under.store, one), await apply(model, one)]
            expect(answer).toEqual(expected)
          }
          expect(await seen(under.store)).toEqual(await seen(model))
        }),
        { numRuns: 60 }
      )
    })
  })
}

const isVisit = (
  one: SessionChange | { readonly _tag: "Visit"; readonly key: Key.SessionKey; readonly visit: SessionVisit }
): one is { readonly _tag: "Visit"; readonly key: Key.SessionKey; readonly visit: SessionVisit } => one._tag === "Visit"
