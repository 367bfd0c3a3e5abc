/** The promises of session stores hold for the project's stores, and are broken by every broken store. */
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { sqliteSessions } from "../../docs/programs/sqlite-sessions.ts"
import { StoreUnavailable } from "../../src/adapters/ports/errors.ts"
import type { SessionStore, StoredUserSession } from "../../src/adapters/ports/session-store.ts"
import { defineSessionStore } from "../../src/adapters/store/define-session-store.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import type { SessionChange } from "../../src/core/effect.ts"
import * as SessionKey from "../../src/core/session-key.ts"
import { brokenStores, LawBroken, type StorePromisesOptions, storePromises } from "../../src/testing/index.ts"
import { lawTexts } from "../../src/testing/laws.ts"

// The adapter of the docs has the types of the built package: they are equal except for their brands.
const sqlite = () => sqliteSessions(new DatabaseSync(":memory:")) as unknown as SessionStore

/** A store in memory whose functions return promises. */
const promised = (): SessionStore => {
  const { capabilities, clearExpired, commit, load } = memory().sessions
  return defineSessionStore({
    capabilities,
    load: async (key, now) => {
      const answer = await Effect.runPromise(load(key, now))
      return answer._tag === "SessionFound" ? answer.text : undefined
    },
    commit: (change, now) => Effect.runPromise(commit(change, now)),
    clearExpired: (now, limit) => Effect.runPromise(clearExpired(now, limit))
  })
}

const make: Readonly<Record<string, () => SessionStore>> = {
  "the store in memory": () => memory().sessions,
  "the store that the docs show": sqlite,
  "a store of functions that return promises": promised
}

describe.each(Object.entries(make))("%s", (_, store) => {
  it.each(storePromises(store))("$title", async ({ check }) => {
    await check()
  })
})

/** The titles of the promises that a store breaks. */
const brokenBy = async (
  store: () => SessionStore,
  options: StorePromisesOptions = {}
): Promise<ReadonlyArray<string>> => {
  const broken: Array<string> = []
  for (const { check, title } of storePromises(store, options)) {
    const error = await check().then(
      () => undefined,
      (one: unknown) => one
    )
    if (error !== undefined && !(error instanceof LawBroken)) throw error
    if (error !== undefined) broken.push(title)
  }
  return broken
}

describe("broken stores", () => {
  it("are at least fifteen, with different names", () => {
    expect(brokenStores.length).toBeGreaterThanOrEqual(15)
    expect(new Set(brokenStores.map(({ name }) => name)).size).toBe(brokenStores.length)
  })

  it.each(brokenStores.filter(({ place }) => place === "store"))("break a promise or a law: $name", async (broken) => {
    const byPromises = await brokenBy(() => broken.stores(memory()).sessions)
    const byLaws = lawTexts.filter(({ finds }) => finds.includes(broken.name)).map(({ id }) => id)
    expect([...byPromises, ...byLaws]).not.toEqual([])
    // Only faults of the user store need a law.
    if (!broken.name.startsWith("setPassword")) expect(byPromises).not.toEqual([])
  })

  it.each(brokenStores.filter(({ place }) => place === "client"))("break a law when calls fail: $name", ({ name }) => {
    expect(lawTexts.some(({ finds }) => finds.includes(name))).toBe(true)
  })
})

describe("a store that records the sessions of users", () => {
  const options = { userSessions: true }
  const recording = () => memory(options).sessions
  type Records = NonNullable<SessionStore["userSessions"]>

  it.each(storePromises(recording, options))("$title", async ({ check, skipped }) => {
    expect(skipped).toBeUndefined()
    await check()
  })

  const withRecords = (change: (sound: Records) => Partial<Records>): SessionStore => {
    const { userSessions, ...store } = recording()
    if (userSessions === undefined) throw new Error("no records")
    return { ...store, userSessions: { ...userSessions, ...change(userSessions) } }
  }
  const withCommit = (change: (change: SessionChange) => SessionChange): SessionStore => {
    const store = recording()
    return { ...store, commit: (one, now) => store.commit(change(one), now) }
  }

  it.each<readonly [string, () => SessionStore]>([
    [
      "records every visit",
      () => withRecords(({ visit }) => ({ visit: (key, of) => visit(key, { ...of, seenBefore: of.at }) }))
    ],
    ["records no visit", () => withRecords(() => ({ visit: () => Effect.void }))],
    [
      "lists the sessions of every backend",
      () => withRecords(({ list }) => ({ list: (query, now) => list({ ...query, backends: ["model", "other"] }, now) }))
    ],
    [
      "lists sessions with another id",
      () => withRecords(({ list }) => ({ list: ({ backends, userId }, now) => list({ backends, userId }, now) }))
    ],
    [
      "lists those seen first, first",
      () =>
        withRecords(({ list }) => ({ list: (query, now) => Effect.map(list(query, now), (all) => all.toReversed()) }))
    ],
    ["lists no session", () => withRecords(() => ({ list: () => Effect.succeed([]) }))],
    [
      "does not record changes",
      () =>
        withCommit((change) => {
          if (change._tag === "Delete") return change
          const { visit: _, ...rest } = change
          return rest
        })
    ],
    [
      "makes a new record at each new key",
      () =>
        withCommit((change) => {
          if (change._tag !== "Move") return change
          const { forwards: _, ...rest } = change
          return rest
        })
    ],
    [
      "loads no records",
      () => {
        const store = recording()
        return {
          ...store,
          load: (key, now) =>
            Effect.map(store.load(key, now), (answer) =>
              answer._tag === "SessionFound" ? { _tag: answer._tag, text: answer.text, prefetched: undefined } : answer
            )
        }
      }
    ]
  ])("that %s breaks a promise", async (_, store) => {
    expect(await brokenBy(store, options)).toContain("records and lists the sessions of users as the store in memory")
  })

  it("that lists sessions after their end breaks a promise", async () => {
    const seen: Array<StoredUserSession> = []
    const store = () =>
      withRecords(({ list, visit }) => ({
        visit: (key, of) => {
          if (of.user !== undefined)
            seen.push({ key, text: "text", record: { ...of, user: of.user, startedAt: of.at, seenAt: of.at } })
          return visit(key, of)
        },
        list: (query, now) =>
          Effect.map(list(query, now), (all) => [
            ...all,
            ...seen.filter(({ record }) => record.user.id === query.userId)
          ])
      }))
    expect(await brokenBy(store, options)).toContain(
      "lists no session that was deleted while it was visited or got a new key"
    )
  })

  it("tells the shortest series of calls that it answers wrongly", async () => {
    const store = () => withRecords(() => ({ visit: () => Effect.void }))
    const promise = storePromises(store, options).find(({ title }) => title.startsWith("records and lists"))
    const error = await promise?.check().catch((one: unknown) => one)
    expect(String(error)).toMatch(
      /^LawBroken: other records than those of the store in memory \(seed \d+\):\n {2}Insert key\d.*\n {2}visit key\d \(user\d of \w+, minute \d\) → .*\n {4}and has to be .*user\d of \w+ from minute \d to \d .*$/
    )
  })

  it("has to say so", async () => {
    const [first] = storePromises(recording)
    await expect(first?.check()).rejects.toThrow("pass { userSessions: true }")
    const [other] = storePromises(() => memory().sessions, options)
    await expect(other?.check()).rejects.toThrow("pass { userSessions: false }")
  })
})

describe("the promises of a store", () => {
  it("tell the shortest series of calls that the store answers wrongly", async () => {
    const broken = brokenStores.find(({ name }) => name === "an Update inserts a row that is gone")
    const [first] = storePromises(() => broken?.stores(memory()).sessions ?? sqlite())
    const error = await first?.check().catch((one: unknown) => one)
    expect(String(error)).toMatch(
      /^LawBroken: another answer than that of the store in memory \(seed \d+\):\n {2}Update key\d \(?.*→ Committed key\d "\w+", and has to be Gone$/
    )
  })

  it("skip what the store does not declare, and say so", async () => {
    const weak = (): SessionStore => ({
      ...memory().sessions,
      capabilities: { atomicSwap: false, merges: true, revokes: true, sharedWithDjango: false }
    })
    const titles = storePromises(weak, { capabilities: { atomicSwap: false } }).map(({ title }) => title)
    expect(titles.filter((title) => title.endsWith("(skipped: the store does not declare atomicSwap)"))).toHaveLength(1)
    const [first] = storePromises(weak)
    await expect(first?.check()).rejects.toThrow("pass { capabilities: { atomicSwap: false } }")
  })
})

describe("defineSessionStore", () => {
  const key = SessionKey.parse("akeyofthetestabcdefgh")
  it("makes an outage of what a function throws or rejects with", async () => {
    const failing = defineSessionStore({
      capabilities: promised().capabilities,
      load: () => {
        throw new Error("the disk is full")
      },
      commit: () => Promise.reject(new Error("no connection")),
      clearExpired: () => 0
    })
    if (key === undefined) throw new Error("no key")
    for (const [call, message] of [
      [failing.load(key, 0), "the disk is full"],
      [failing.commit({ _tag: "Delete", key }, 0), "no connection"]
    ] as const) {
      const error = await Effect.runPromise(Effect.flip<unknown, StoreUnavailable, never>(call))
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(String(error.cause)).toContain(message)
    }
  })

  it("says which function is missing", () => {
    expect(() => defineSessionStore(JSON.parse('{"capabilities":{}}'))).toThrow(/defineSessionStore\.load/)
  })
})
