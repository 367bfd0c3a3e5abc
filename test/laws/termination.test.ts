/** A session that was ended stays ended, whichever requests run in parallel. */
import * as fc from "fast-check"
import { describe, expect } from "vitest"
import { type Browser, browser, copyOf } from "./browser.ts"
import { interleaved, type Law, states, turns } from "./law.ts"
import { Lineage } from "./lineage.ts"
import * as Pages from "./pages.ts"
import { plants } from "./plant.ts"
import { keyOf, makeWorld, type Page, passwordOf } from "./world.ts"

/** What other requests of the same session do in parallel. */
const besides: Readonly<Record<string, Page<unknown>>> = {
  visit: Pages.visit,
  write: Pages.write("key", "value"),
  clear: Pages.clear,
  delete: Pages.remove("key"),
  "read, then clear": Pages.readThenClear,
  cycle: Pages.cycle,
  logout: Pages.logout,
  "log in as the same user": Pages.login("alice"),
  "log in as another": Pages.login("bob"),
  "change the password": Pages.changePassword("another password"),
  "log in with the new password": Pages.login("alice", "another password")
}
const beside = (...without: ReadonlyArray<string>) =>
  fc.array(fc.constantFrom(...Object.keys(besides).filter((name) => !without.includes(name))), { maxLength: 4 })

describe("a logout", () => {
  /** These check a password, and start a new session even if the old one was deleted. */
  const opening = ["log in as another", "log in as the same user", "log in with the new password"]

  states(
    "logout",
    "when the response is sent, the session has ended, and so has a session that it was renewed to",
    (plant) =>
      fc.asyncProperty(beside(), fc.boolean(), turns(), async (others, rotated, scheduler) => {
        const world = await makeWorld({ plant, secretKey: "an older key" })
        const alice = browser()
        const { issued: key = "" } = await world.request(alice, Pages.login("alice"))
        if (rotated) world.configure({ secretKey: "a newer key", secretKeyFallbacks: ["an older key"] })
        const leaving = copyOf(alice)
        await interleaved(world, scheduler, () => [
          world.request(leaving, Pages.logout).then(({ removed, status }) => {
            expect({ status, removed, who: world.who(key) }, "logout: when the response is sent").toEqual({
              status: 200,
              removed: true,
              who: undefined
            })
          }),
          Promise.all(others.map((other) => world.request(copyOf(alice), besides[other] ?? Pages.visit)))
        ])
        expect(world.who(key), "logout: when all requests are answered").toBe(undefined)
        if (others.some((other) => opening.includes(other))) return
        const alive = [...world.stores.sessions.rows.keys()].filter((each) => world.who(each) !== undefined)
        expect(alive, "logout: renewed sessions that act as a user").toEqual([])
      }),
    {
      finds: plants(
        "a Delete removes nothing",
        "an Update inserts a row that is gone",
        "an Update reads the row and writes it in a second step",
        "a Move does not remember the new key of a session",
        "a Delete does not answer with the new key of a session"
      ),
      numRuns: 200
    }
  )

  states(
    "ended key",
    "a key whose row was deleted never gets a row again",
    (plant) =>
      fc.asyncProperty(beside(), beside(), turns(), async (first, then, scheduler) => {
        const world = await makeWorld({ plant })
        const alice = browser()
        await world.request(alice, Pages.login("alice"))
        await interleaved(world, scheduler, () => [
          Promise.all(
            [...first, "logout", ...then].map((other) => world.request(copyOf(alice), besides[other] ?? Pages.visit))
          )
        ])
        expect([...world.chronicle.risen], "ended key: keys that got a row again").toEqual([])
      }),
    {
      finds: plants("an Update inserts a row that is gone", "an Update reads the row and writes it in a second step"),
      numRuns: 200
    }
  )
})

describe("a change of password", () => {
  const proofs = {
    "log in as the same user": { username: "alice", password: passwordOf("alice") },
    "log in as another": { username: "bob", password: passwordOf("bob") },
    "change the password": { username: "alice", password: "another password" },
    "log in with the new password": { username: "alice", password: "another password" }
  }
  const proofOf = (name: string) => Object.entries(proofs).find(([each]) => each === name)?.[1]

  const changing =
    (
      judge: (run: {
        readonly password: string
        readonly world: Awaited<ReturnType<typeof makeWorld>>
        readonly lineage: Lineage
        readonly key: string
        readonly kept: string | undefined
        readonly status: number
        /** Whether another request flushed the session or logged out. */
        readonly isEnded: boolean
      }) => void
    ): Law =>
    (plant) =>
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.constantFrom("the same", "another", "a new"),
            beside("change the password").filter((others) => others.length > 0)
          ),
          { maxLength: 3 }
        ),
        turns(),
        async (others, scheduler) => {
          const world = await makeWorld({ plant })
          const lineage = new Lineage()
          const [here, elsewhere] = [browser(), browser()]
          const send = async (from: Browser, name: string) => {
            const answer = await world.request(from, besides[name] ?? Pages.visit)
            lineage.record(answer, proofOf(name))
            return answer
          }
          const { issued: key = "" } = await send(here, "log in as the same user")
          await send(elsewhere, "log in as the same user")
          const from = (where: string) =>
            where === "the same" ? copyOf(here) : where === "another" ? copyOf(elsewhere) : browser()
          const [change] = await interleaved(world, scheduler, () => [
            send(copyOf(here), "change the password"),
            Promise.all(others.flatMap(([where, names]) => names.map((name) => send(from(where), name))))
          ])
          const isEnded = others.some(
            ([where, names]) =>
              where === "the same" && names.some((name) => ["clear", "read, then clear", "logout"].includes(name))
          )
          const { issued: kept, status } = change
          judge({ world, lineage, key, kept, status, password: "another password", isEnded })
        }
      )

  states(
    "password change",
    "a session that was not opened with the new password acts as no user",
    changing(({ lineage, password, status, world }) => {
      if (status !== 200) return
      const old = [...world.seen].filter(
        (cookie) => world.who(cookie) === "alice" && !lineage.of(cookie).some((proof) => proof.password === password)
      )
      expect(old, "password change: sessions of the old password").toEqual([])
    }),
    { finds: plants("setPassword reports a new password and does not write it"), numRuns: 200 }
  )

  states(
    "key after a password change",
    "the session that changed the password stays logged in, under a new key",
    changing(({ isEnded, kept = "", key, status, world }) => {
      // Another request may have ended the session.
      if (status !== 200) return
      if (!isEnded) expect(world.who(kept), "key after a password change: the new key").toBe("alice")
      expect(world.who(key), "key after a password change: the old key").toBe(undefined)
      expect(world.stores.sessions.rows.has(keyOf(key)), "key after a password change: the old row").toBe(false)
    }),
    {
      finds: plants(
        "a Move keeps the old row",
        "a Move writes under the old key",
        "a Move writes the new data under both keys"
      )
    }
  )
})
