/** The three identity keys in every stored row are those of one login, whichever requests write at the same time. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { SessionStore } from "../../src/adapters/ports/session-store.ts"
import { makeAuthHashes } from "../../src/core/auth/auth-hash.ts"
import * as Json from "../../src/core/json/json-text.ts"
import type { JsonObject } from "../../src/core/json/json-value.ts"
import * as Data from "../../src/core/json/session-data.ts"
import { makeCodec } from "../../src/core/session/codec.ts"
import { type Browser, everyOrder, type Gate, OrderBroken, testSite } from "../../src/testing/index.ts"
import { lawSiteOf } from "../../src/testing/laws/memory/memory-site.ts"

const { secretKey } = testSite()
const codec = makeCodec({ secret: secretKey, fallbacks: [] })
const names = ["_auth_user_id", "_auth_user_backend", "_auth_user_hash"]
const identity = (data: JsonObject): string => JSON.stringify(names.map((name) => data.get(name)))

const dataOf = (text: string): JsonObject => {
  const decoded = codec.decode(text)
  return decoded._tag === "Decoded" ? Data.values(decoded.data) : new Map()
}

/** A site that notes the identity in every row that is written. @param fault a store that writes in another way */
const watched = (fault: (sound: SessionStore, gate: Gate) => SessionStore = (sound) => sound) => {
  const written = new Set<string>()
  const site = testSite({
    stores: ({ sessions, users }, gate) => {
      const noting: SessionStore = {
        ...sessions,
        commit: (change, now) => {
          if ("text" in change) written.add(identity(dataOf(change.text)))
          return sessions.commit(change, now)
        }
      }
      return { users, sessions: fault(noting, gate) }
    }
  })
  const hashes = makeAuthHashes(secretKey, [])
  const logins = [
    ["1", "alice's password"],
    ["1", "another password"],
    ["2", "bob's password"],
    ["2", "another password"]
  ]
  const possible = new Set([
    identity(new Map()),
    ...logins.map(([id = "", password = ""]) =>
      JSON.stringify(
        [id, "django.contrib.auth.backends.ModelBackend", hashes(`instant$${password}`)[0]].map((text) =>
          Json.write(text)
        )
      )
    )
  ])
  const mixed = () => [...written].filter((one) => !possible.has(one))
  return { site, mixed, forget: () => written.clear() }
}

/** Writes the id of the new login first, and the rest of the row later. */
const writesPieceByPiece = ({ commit, ...sound }: SessionStore, gate: Gate): SessionStore => ({
  ...sound,
  commit: (change, now) => {
    if (change._tag !== "Move" && change._tag !== "Update") return commit(change, now)
    const { expiresAt, text } = change
    const key = change._tag === "Move" ? change.from : change.key
    return Effect.gen(function* () {
      const found = yield* commit({ _tag: "Update", key, was: "", text, expiresAt }, now)
      if (found._tag !== "Changed" || (change.was !== undefined && change.was !== found.text))
        return yield* commit(change, now)
      const id = dataOf(text).get("_auth_user_id")
      const torn = Data.of([...dataOf(found.text), ...(id === undefined ? [] : [["_auth_user_id", id] as const])])
      const half = codec.encode(torn, 0)
      yield* commit({ _tag: "Update", key, was: found.text, text: half, expiresAt }, now)
      yield* Effect.promise(() => gate.turn("between two values"))
      return yield* commit({ ...change, was: change.was === undefined ? undefined : half }, now)
    })
  }
})

const run = async ({ forget, mixed, site }: ReturnType<typeof watched>) => {
  const { pages, users } = lawSiteOf(site)
  const [alice, bob] = users
  const writers: ReadonlyArray<(browser: Browser) => Promise<Response> | undefined> = [
    (browser) => pages.write?.(browser, "a", 1),
    (browser) => pages.clear?.(browser),
    (browser) => pages.cycle?.(browser),
    (browser) => pages.logout(browser),
    (browser) => pages.login(browser, alice),
    (browser) => pages.login(browser, bob),
    (browser) => pages.changePassword?.(browser, "another password")
  ]
  for (const before of [undefined, alice, bob])
    for (const [at, first] of writers.entries())
      for (const second of writers.slice(at))
        await everyOrder(site, async () => {
          const browser = site.browser()
          await (before === undefined ? pages.write?.(browser, "old", 1) : pages.login(browser, before))
          const tab = browser.copy()
          forget()
          return {
            requests: [async () => first(browser), async () => second(tab)],
            check: () => expect(mixed()).toEqual([])
          }
        })
}

describe("the identity in a row", () => {
  it("is that of one login, in every order of two requests", async () => {
    await run(watched())
  })

  it("is not, in a store that writes one value after the other", async () => {
    await expect(run(watched(writesPieceByPiece))).rejects.toThrow(OrderBroken)
  })
})
