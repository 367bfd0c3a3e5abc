/** The promises of session stores hold for the project's stores, and are broken by every broken store. */
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { sqliteSessions } from "../../docs/programs/sqlite-sessions.ts"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { StoreUnavailable } from "../../src/adapters/errors/errors.ts"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import type { SessionStore, UserSessionQuery } from "../../src/adapters/ports/session-store.ts"
import { defineSessionStore } from "../../src/adapters/store/define-session-store.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import type { SessionVisit } from "../../src/core/effect.ts"
import * as SessionKey from "../../src/core/session-key.ts"
import { brokenStores, LawBroken, type StorePromisesOptions, storePromises } from "../../src/testing/index.ts"
import { lawTexts } from "../../src/testing/laws.ts"

// The adapter of the docs has the types of the built package: they are equal except for their brands.
const sqlite = () => sqliteSessions(new DatabaseSync(":memory:")) as unknown as SessionStore

/** A store in memory whose functions return promises. */
const promised = (options: { readonly userSessions?: boolean } = {}): SessionStore => {
  const { capabilities, clearExpired, commit, load, userSessions } = memory(options).sessions
  const records = userSessions && {
    userSessions: {
      visit: (key: SessionKey.SessionKey, visit: SessionVisit) => Effect.runPromise(userSessions.visit(key, visit)),
      list: (query: UserSessionQuery, now: number) => Effect.runPromise(userSessions.list(query, now))
    }
  }
  return defineSessionStore({
    ...records,
    capabilities,
    load: async (key, now) => {
      const answer = await Effect.runPromise(load(key, now))
      if (answer._tag !== "SessionFound") return undefined
      return userSessions === undefined ? answer.text : { text: answer.text, record: answer.record }
    },
    commit: (change, now) => Effect.runPromise(commit(change, now)),
    clearExpired: (now, limit) => Effect.runPromise(clearExpired(now, limit))
  })
}

const make: Readonly<Record<string, () => SessionStore>> = {
  "the store in memory": () => memory().sessions,
  "the store that the docs show": sqlite,
  "a store of functions that return promises": () => promised()
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

describe("a store that compares a text in one step and writes in the next", () => {
  /** Its Update writes the row also if a Delete came between the two steps. */
  const inTwoSteps = (): SessionStore => {
    const { capabilities, clearExpired, commit, load, rows } = memory().sessions
    return defineSessionStore({
      capabilities,
      load: async (key, now) => {
        const answer = await Effect.runPromise(load(key, now))
        return answer._tag === "SessionFound" ? answer.text : undefined
      },
      commit: async (change, now) => {
        if (change._tag !== "Update") return Effect.runPromise(commit(change, now))
        const { expiresAt, key, text, was } = change
        const row = rows.get(key)
        if (row === undefined) return { _tag: "Gone" }
        if (was !== undefined && row.text !== was) return { _tag: "Changed", text: row.text }
        await new Promise((resolve) => void setImmediate(resolve))
        const updated = await Effect.runPromise(commit({ _tag: "Update", key, was: undefined, text, expiresAt }, now))
        if (updated._tag !== "Gone") return updated
        return Effect.runPromise(commit({ _tag: "Insert", key, text, expiresAt }, now))
      },
      clearExpired: (now, limit) => Effect.runPromise(clearExpired(now, limit))
    })
  }

  it("loses writes, and stores a deleted session again", async () => {
    expect(await brokenBy(inTwoSteps)).toEqual([
      "loses no write of requests that write at the same time",
      "never stores a session again that was deleted while others wrote it"
    ])
  })
})

describe("a store that records the sessions of users", () => {
  const options = { userSessions: true }
  const recording = () => memory(options).sessions

  it.each(storePromises(() => promised(options), options))("of functions that return promises: $title", async (one) => {
    expect(one.skipped).toBeUndefined()
    await one.check()
  })

  it.each(brokenStores.filter(({ place }) => place === "records"))("breaks a promise: $name", async ({ stores }) => {
    const found = await brokenBy(() => stores(memory(options)).sessions, options)
    expect(found.filter((title) => /sessions of users|lists no session/.test(title))).not.toEqual([])
    // Nothing else is wrong with these stores.
    expect(found.filter((title) => !/sessions of users|lists no session/.test(title))).toEqual([])
  })

  it("tells the shortest series of calls that it answers wrongly", async () => {
    const broken = brokenStores.find(({ name }) => name === "a visit is not recorded")
    const store = () => broken?.stores(memory(options)).sessions ?? sqlite()
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

  it("makes an outage of a load that returns something else than a text, and of records that fail", async () => {
    const fail = () => Promise.reject(new Error("no connection"))
    const { capabilities } = promised()
    const failing = defineSessionStore({
      capabilities,
      load: () => JSON.parse("null"),
      commit: fail,
      clearExpired: () => 0,
      userSessions: { visit: fail, list: fail }
    })
    if (key === undefined) throw new Error("no key")
    const user = { backend: "model", id: "1" }
    const visit = { user, id: "id", at: 1, seenBefore: 0, clientAddress: undefined, userAgent: undefined }
    for (const [call, operation, message] of [
      [failing.load(key, 0), "load a session", "defineSessionStore.load must return"],
      [failing.userSessions?.visit(key, visit), "record a visit", "no connection"],
      [failing.userSessions?.list({ backends: ["model"], userId: "1" }, 0), "list sessions", "no connection"]
    ] as const) {
      const error = await Effect.runPromise(Effect.flip<unknown, StoreUnavailable, never>(call ?? Effect.never))
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect([error.operation, String(error.cause)]).toEqual([operation, expect.stringContaining(message)])
    }
  })

  it("says which function is missing", () => {
    const { capabilities } = promised()
    const functions = {
      capabilities,
      load: () => undefined,
      commit: () => ({ _tag: "Gone" as const }),
      clearExpired: () => 0
    }
    expect(() => defineSessionStore({ ...functions, userSessions: JSON.parse('{"visit":1}') })).toThrow(
      /defineSessionStore\.userSessions\.visit.*defineSessionStore\.userSessions\.list/s
    )
    expect(() => defineSessionStore(JSON.parse('{"capabilities":{}}'))).toThrow(/defineSessionStore\.load/)
  })

  it("says which capability is missing, and which does not exist", () => {
    const { capabilities } = promised()
    const functions = { load: () => undefined, commit: () => ({ _tag: "Gone" as const }), clearExpired: () => 0 }
    const { merges, ...fewer } = capabilities
    expect(merges).toBe(true)
    // @ts-expect-error a capability is missing, and one has another name
    expect(() => defineSessionStore({ ...functions, capabilities: { ...fewer, merge: true } })).toThrow(
      /capabilities\.merge: there is no such option; did you mean merges\?.*capabilities\.merges is missing/s
    )
  })

  it("makes an outage of a commit that returns no answer", async () => {
    const { capabilities } = promised()
    const commit = () => JSON.parse("null")
    const failing = defineSessionStore({ capabilities, load: () => undefined, commit, clearExpired: () => 0 })
    if (key === undefined) throw new Error("no key")
    const error = await Effect.runPromise(Effect.flip(failing.commit({ _tag: "Delete", key }, 0)))
    expect(String(error.cause)).toContain(
      "defineSessionStore.commit must return an object whose _tag is one of Committed"
    )
  })
})

describe("storePromises", () => {
  it("says what is wrong with its arguments", async () => {
    // @ts-expect-error a store in place of a function
    expect(() => storePromises(memory().sessions)).toThrow("storePromises: the first argument is a function that makes")
    // @ts-expect-error a wrong name
    expect(() => storePromises(sqlite, { capability: {} })).toThrow(
      "storePromises.capability: there is no such option; did you mean capabilities?"
    )
    const { capabilities } = memory().sessions
    const plain = { capabilities, load: async () => undefined, commit: async () => ({ _tag: "Gone" }) }
    // @ts-expect-error no store
    await expect(storePromises(() => undefined)[0]?.check()).rejects.toThrow(
      "storePromises: undefined is no session store; make it of your functions with defineSessionStore"
    )
    // @ts-expect-error functions that return promises
    await expect(storePromises(() => plain)[0]?.check()).rejects.toThrow(
      "storePromises: load of the store returns no Effect; make it of your functions with defineSessionStore"
    )
  })

  /** The store in memory with another `clearExpired` or `countExpired`. */
  const clearing = (changed: Partial<SessionStore>) => () => {
    const { sessions } = memory()
    return { ...sessions, ...changed, countExpired: changed.countExpired ?? (() => Effect.succeed(0)) }
  }

  it.each<[string, () => SessionStore, string]>([
    [
      "a clearExpired that never ends",
      () => ({ ...memory().sessions, clearExpired: () => Effect.succeed(1) }),
      "the repeated call of clearExpired with a limit of 2 never returns 0"
    ],
    [
      "a clearExpired that ends too soon",
      () => {
        const { sessions } = memory()
        return {
          ...sessions,
          clearExpired: (now, limit) =>
            limit === undefined ? sessions.clearExpired(now) : Effect.as(sessions.clearExpired(now, limit), 0)
        }
      },
      "and 5 had expired"
    ],
    ["a countExpired that counts nothing", clearing({}), "countExpired answers 0, and clearExpired has removed 5"]
  ])("finds %s", async (_, store, message) => {
    const promise = storePromises(store).find(({ title }) => title.startsWith("clearExpired with a limit"))
    await expect(promise?.check()).rejects.toThrow(message)
  })
})

describe("a store of plain functions without defineSessionStore", () => {
  const { capabilities } = memory().sessions
  const plain = {
    capabilities,
    load: async () => undefined,
    commit: async () => undefined,
    clearExpired: async () => 0
  }

  it.each([
    ["load", "sessionid=abcdefghijklmnopqrstuvwxyz012345"],
    ["commit", ""]
  ])("makes each request fail that calls %s, and says what to do", async (operation, cookie) => {
    const auth = createAuth({
      secretKey: "a secret key",
      // @ts-expect-error its functions return promises
      sessions: plain,
      backends: { model: modelBackend(memory().users) }
    })
    const reported: Array<unknown> = []
    const handler = withAuth(
      auth,
      async (_, { session }) => {
        await session.set("a", 1)
        return new Response()
      },
      { report: (error) => void reported.push(error) }
    )
    const request = new Request("http://localhost/", { headers: { cookie } })
    const failed = await handler(request).then(({ status }) => `${status} ${reported}`, String)
    expect(failed).toContain(`sessions: ${operation} returns no Effect; make the store with defineSessionStore`)
  })
})
