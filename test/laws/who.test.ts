/** Which user a session acts as, and why. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { defineBackend } from "../../src/adapters/backend/define-backend.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { makeAuthHashes } from "../../src/core/auth/auth-hash.ts"
import * as Json from "../../src/core/json/json-text.ts"
import type { JsonObject } from "../../src/core/json/json-value.ts"
import * as Data from "../../src/core/json/session-data.ts"
import { makeCodec } from "../../src/core/session/codec.ts"
import { writesPieceByPiece } from "./broken-stores.ts"
import { browser, copyOf, parseSetCookie, sessionOf } from "./browser.ts"
import { interleaved, states, turns } from "./law.ts"
import * as Pages from "./pages.ts"
import { plants } from "./plant.ts"
import { makeWorld, model, type Page, passwordOf, second, secretKey, type World } from "./world.ts"

/** Logs alice in with this backend. */
const loginBy = (backend: string): Page<undefined> =>
  Pages.doing(async ({ authenticate, login }) => {
    const user = await authenticate({ username: "alice", password: passwordOf("alice") })
    if (user !== undefined) await login(user, { backend })
    return undefined
  })

describe("a session", () => {
  const change = fc.oneof(
    fc.constantFrom([model], [second], [model, second], [second, model]).map((backends) => ({ backends })),
    fc.record({ visitor: fc.nat({ max: 2 }) })
  )

  states(
    "backend in use",
    "a session acts as its user exactly while its backend is configured, also after several changes",
    (plant) =>
      fc.asyncProperty(
        fc.array(fc.constantFrom(model, second), { minLength: 3, maxLength: 3 }),
        fc.array(change, { maxLength: 8 }),
        async (by, changes) => {
          const world = await makeWorld({ plant, backends: [model, second] })
          const visitors = await Promise.all(
            by.map(async (backend) => {
              const own = browser()
              const { issued: cookie = "" } = await world.request(own, loginBy(backend))
              return { own, backend, cookie }
            })
          )
          let inUse: ReadonlyArray<string> = [model, second]
          for (const step of changes) {
            if ("backends" in step) world.configure({ backends: step.backends })
            inUse = "backends" in step ? step.backends : inUse
            const visitor = "visitor" in step ? visitors[step.visitor] : undefined
            if (visitor !== undefined) await world.request(visitor.own, Pages.look)
            expect(
              visitors.map(({ cookie }) => world.who(cookie)),
              "backend in use: who"
            ).toEqual(visitors.map(({ backend }) => (inUse.includes(backend) ? "alice" : undefined)))
          }
        }
      )
  )

  it("does not keep its data for a user of another backend with the same id", async () => {
    const directory = (kind: string, name: string) =>
      defineBackend<{ readonly id: number; readonly name: string }, { readonly kind: string }>({
        credentials: Schema.Struct({ kind: Schema.Literal(kind) }),
        authenticate: () => ({ id: 1, name }),
        getUser: () => ({ id: 1, name }),
        idOf: ({ id }) => String(id)
      })
    const auth = createAuth({
      secretKey,
      sessions: memory().sessions,
      backends: { people: directory("person", "ann"), machines: directory("machine", "robot") }
    })
    const open = (cookie?: string) =>
      auth.open({
        method: "GET",
        target: "/",
        headers: cookie === undefined ? [] : [["Cookie", `sessionid=${cookie}`]],
        transport: { secure: false, serverName: "example.com", serverPort: "80" }
      })
    const first = open()
    const ann = await first.context.authenticate({ kind: "person" })
    if (ann !== undefined) await first.context.login(ann)
    await first.context.session.set("of ann", 1)
    const [line = ""] = (await first.respond(200)).cookies.filter((each) => each.startsWith("sessionid="))
    const cookie = parseSetCookie(line).value

    const then = open(cookie)
    const robot = await then.context.authenticate({ kind: "machine" })
    if (robot !== undefined) await then.context.login(robot)
    const inherited = await then.context.session.has("of ann")
    await then.respond(200)
    expect({ inherited, thief: (await open(cookie).context.getUser())?.name }).toEqual({
      inherited: false,
      thief: undefined
    })
  })

  it("stays anonymous if it was cleared while another request renewed its hash", async () => {
    const world = await makeWorld({ secretKey: "an older key" })
    const alice = browser()
    await world.request(alice, Pages.login("alice"))
    world.configure({ secretKey, secretKeyFallbacks: ["an older key"] })
    const tab = copyOf(alice)
    await world.request(
      tab,
      Pages.doing(async ({ getUser }) => {
        await getUser()
        expect((await world.request(copyOf(alice), Pages.clear)).status).toBe(200)
      })
    )
    expect(world.who(sessionOf(tab) ?? "")).toBe(undefined)
  })

  states(
    "repeated question",
    "requests that follow each other see the same user",
    (plant) =>
      fc.asyncProperty(
        fc.constantFrom("same key", "older key", "logged out", "another password", "inactive", "removed"),
        fc.integer({ min: 2, max: 4 }),
        async (before, times) => {
          const world = await makeWorld({ plant, secretKey: "an older key" })
          const alice = browser()
          await world.request(alice, Pages.login("alice"))
          const thief = copyOf(alice)
          if (before === "older key") world.configure({ secretKey, secretKeyFallbacks: ["an older key"] })
          if (before === "logged out") await world.request(copyOf(alice), Pages.logout)
          if (before === "another password") await world.request(copyOf(alice), Pages.changePassword("another"))
          if (before === "inactive") world.stores.users.change("1", { isActive: false })
          if (before === "removed") world.stores.users.remove("1")
          const expected = before === "same key" || before === "older key" ? "alice" : undefined
          for (let time = 0; time < times; time++) {
            expect((await world.request(alice, Pages.visit)).value, "repeated question: by the browser").toBe(expected)
          }
          // A renewed key belongs to the browser whose request renewed it.
          const known = sessionOf(thief) ?? ""
          expect(world.who(known), "repeated question: without a browser").toBe(
            before === "older key" ? undefined : expected
          )
          expect(world.who(known), "repeated question: without a browser, again").toBe(
            before === "older key" ? undefined : expected
          )
        }
      ),
    { finds: plants("a load finds a session only every second time") }
  )

  states(
    "one user per request",
    "getUser gives the same answer throughout a request, even if other requests change the session",
    () =>
      fc.asyncProperty(
        fc.array(fc.constantFrom("logout", "change the password", "log in as another", "deactivate"), { maxLength: 3 }),
        turns(),
        async (others, scheduler) => {
          const world = await makeWorld()
          const alice = browser()
          await world.request(alice, Pages.login("alice"))
          const meanwhile = async (name: string): Promise<unknown> => {
            const other = copyOf(alice)
            if (name === "logout") return world.request(other, Pages.logout)
            if (name === "change the password") return world.request(other, Pages.changePassword("another"))
            if (name === "log in as another") return world.request(other, Pages.login("bob"))
            await world.pause()
            return world.stores.users.change("1", { isActive: false })
          }
          const [{ value }] = await interleaved(world, scheduler, () => [
            world.request(
              copyOf(alice),
              Pages.doing(async ({ getUser }) => {
                const names = []
                for (let time = 0; time < 3; time++) {
                  names.push((await getUser())?.username)
                  await world.pause()
                }
                return names
              })
            ),
            Promise.all(others.map(meanwhile))
          ])
          expect(new Set(value).size, "one user per request: one answer").toBe(1)
        }
      )
  )
})

describe("the three identity keys", () => {
  const codec = makeCodec({ secret: secretKey, fallbacks: [] })
  const names = ["_auth_user_id", "_auth_user_backend", "_auth_user_hash"]
  const identity = (data: JsonObject | undefined) => JSON.stringify(names.map((name) => data?.get(name)))
  const dataOf = (text: string): JsonObject => {
    const decoded = codec.decode(text)
    return decoded._tag === "Decoded" ? Data.values(decoded.data) : new Map()
  }
  const torn = writesPieceByPiece((before, after) => {
    const id = dataOf(after).get("_auth_user_id")
    return codec.encode(Data.of([...dataOf(before), ...(id === undefined ? [] : [["_auth_user_id", id] as const])]), 0)
  })
  const hashes = makeAuthHashes(secretKey, [])

  /** Rows with an identity that no login can have written, collected at each change of the stores. */
  const watch = (world: World): ReadonlyArray<string> => {
    const legitimate = new Set([identity(undefined)])
    const mixed: Array<string> = []
    const look = () => {
      for (const id of ["1", "2"]) {
        const { password = "" } = Effect.runSync(world.stores.users.findById(id)) ?? {}
        legitimate.add(JSON.stringify([id, model, hashes(password)[0]].map((text) => Json.write(text))))
      }
      for (const key of world.stores.sessions.rows.keys()) {
        const found = identity(world.dataOf(key))
        if (!legitimate.has(found)) mixed.push(found)
      }
    }
    world.onChange.add(look)
    look()
    return mixed
  }

  const writers: Readonly<Record<string, Page<unknown>>> = {
    write: Pages.write("key", "value"),
    clear: Pages.clear,
    cycle: Pages.cycle,
    logout: Pages.logout,
    "log in as alice": Pages.login("alice"),
    "log in as bob": Pages.login("bob"),
    "log in with another password": Pages.login("alice", "another"),
    "change the password": Pages.changePassword("another")
  }

  states(
    "identity of one login",
    "the keys in every stored row are those of one login, whichever requests write in parallel",
    (plant) =>
      fc.asyncProperty(
        fc.constantFrom(undefined, "alice", "bob"),
        fc.array(fc.constantFrom(...Object.keys(writers)), { minLength: 2, maxLength: 5 }),
        turns(),
        async (before, names, scheduler) => {
          const world = await makeWorld({ plant })
          const mixed = watch(world)
          const own = browser()
          await world.request(own, before === undefined ? Pages.write("old", 1) : Pages.login(before))
          await interleaved(world, scheduler, () => [
            Promise.all(names.map((name) => world.request(copyOf(own), writers[name] ?? Pages.visit)))
          ])
          expect(mixed, "identity of one login: identities that no login wrote").toEqual([])
        }
      ),
    { finds: [torn], numRuns: 200 }
  )
})
