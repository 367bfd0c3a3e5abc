/** The number of commits for parallel writes of one session. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { KeyedLock, type LockHolder } from "../../../../src/adapters/request/scope/keyed-lock.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"

const transport = { secure: false, serverName: "localhost", serverPort: "80" }

/** A store that answers with a delay, like a store on a network, and counts its writes. */
const remote = () => {
  const stores = memory()
  let commits = 0
  const auth = createAuth({
    secretKey: "retries",
    sessions: {
      ...stores.sessions,
      commit: (change, now) => {
        commits += 1
        return Effect.andThen(Effect.sleep("1 millis"), stores.sessions.commit(change, now))
      }
    },
    backends: { model: modelBackend(stores.users) }
  })
  return { auth, commits: () => commits }
}

describe("parallel writes of one session", () => {
  it.each([2, 8, 64])("cost at most two commits each, however many there are (%i)", async (writers) => {
    const { auth, commits } = remote()
    const open = (cookie: string) =>
      auth.open({ method: "POST", target: "/", headers: [["Cookie", cookie]], transport })
    const first = open("")
    await first.context.session.set("first", 1)
    const [line = ""] = (await first.respond(200)).cookies
    const cookie = line.slice(0, line.indexOf(";"))
    const before = commits()
    const requests = Array.from({ length: writers }, () => open(cookie))
    await Promise.all(requests.map(({ context }, n) => context.session.set(`key-${n}`, n)))
    await Promise.all(requests.map((request) => request.respond(200)))
    expect(commits() - before).toBeLessThan(2 * writers)
    expect(await open(cookie).context.session.keys()).toHaveLength(writers + 1)
  })
})

describe("a session that keeps changing", () => {
  /** Before each write, another program writes the session. */
  const restless = (deadlineSeconds: number) => {
    const stores = memory()
    let commits = 0
    const auth = createAuth({
      secretKey: "retries",
      deadlineSeconds,
      sessions: {
        ...stores.sessions,
        commit: (change, now) => {
          if (change._tag !== "Update" && change._tag !== "Move") return stores.sessions.commit(change, now)
          commits += 1
          const key = change._tag === "Move" ? change.from : change.key
          const text = `${stores.sessions.rows.get(key)?.text} `
          const other = { _tag: "Update", key, was: undefined, text, expiresAt: change.expiresAt } as const
          return Effect.sleep("10 millis").pipe(
            Effect.andThen(stores.sessions.commit(other, now)),
            Effect.andThen(stores.sessions.commit(change, now))
          )
        }
      },
      backends: { model: modelBackend(stores.users) }
    })
    return { auth, commits: () => commits, rows: stores.sessions.rows }
  }

  it.each([
    "a write",
    "a renewal"
  ])("until the deadline is unavailable after some attempts, and sets no cookie: %s", async (what) => {
    const { auth, commits, rows } = restless(0.5)
    const open = (cookie: string) =>
      auth.open({ method: "POST", target: "/", headers: [["Cookie", cookie]], transport })
    const first = open("")
    await first.context.session.set("first", 1)
    const [line = ""] = (await first.respond(200)).cookies
    const request = open(line.slice(0, line.indexOf(";")))
    await request.context.session.set("second", 2)
    if (what === "a renewal") await request.context.session.cycleKey()
    const startedAt = performance.now()
    await expect(request.respond(200)).rejects.toMatchObject({ _tag: "StoreUnavailable", operation: "commit" })
    const elapsed = performance.now() - startedAt
    expect(elapsed).toBeGreaterThanOrEqual(500)
    expect(elapsed).toBeLessThan(5000)
    expect(commits()).toBeGreaterThan(2)
    expect(rows.size).toBe(1)
  })
})

/** Runs `go` with the lock of the key. */
const inTurn = <A, E>(locks: KeyedLock, key: string, go: (holder: LockHolder) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(locks.take(key), go))

describe("a lock for each key", () => {
  it("runs callers of one key one after the other, and callers of different keys in parallel", async () => {
    const locks = new KeyedLock()
    const events: Array<string> = []
    const step = (key: string, name: string) =>
      inTurn(locks, key, () =>
        Effect.gen(function* () {
          events.push(`${name} begins`)
          yield* Effect.sleep("5 millis")
          events.push(`${name} ends`)
        })
      )
    await Effect.runPromise(
      Effect.all([step("a", "first"), step("a", "second"), step("b", "other")], { concurrency: "unbounded" })
    )
    expect(events.slice(0, 2)).toEqual(["first begins", "other begins"])
    expect(events.filter((event) => !event.startsWith("other"))).toEqual([
      "first begins",
      "first ends",
      "second begins",
      "second ends"
    ])
  })

  it("passes on what was stored, until no caller waits", async () => {
    const locks = new KeyedLock()
    const store = (text: string) =>
      inTurn(locks, "a", (holder) =>
        Effect.sync(() => {
          const before = holder.stored
          holder.stored = text
          return before
        })
      )
    const slow = inTurn(locks, "a", () => Effect.sleep("1 millis"))
    const [, first, second] = await Effect.runPromise(
      Effect.all([slow, store("1"), store("2")], { concurrency: "unbounded" })
    )
    expect([first, second]).toEqual([undefined, "1"])
    expect(await Effect.runPromise(store("3"))).toBeUndefined()
  })

  it("is released after a failure", async () => {
    const locks = new KeyedLock()
    const failing = inTurn(locks, "a", () => Effect.andThen(Effect.sleep("1 millis"), Effect.fail("no")))
    const both = Effect.all([Effect.flip(failing), inTurn(locks, "a", () => Effect.succeed("yes"))], {
      concurrency: "unbounded"
    })
    expect(await Effect.runPromise(both)).toEqual(["no", "yes"])
  })
})
