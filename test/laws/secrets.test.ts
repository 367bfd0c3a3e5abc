/** A new secret key logs no user out, and a session signed with a removed key logs no user in. */
import * as fc from "fast-check"
import { describe, expect } from "vitest"
import { browser, copyOf, sessionOf } from "./browser.ts"
import { interleaved, states, turns } from "./law.ts"
import * as Pages from "./pages.ts"
import { makeWorld } from "./world.ts"

describe("a secret key", () => {
  const visits = fc.array(fc.constantFrom("visit", "write"), { minLength: 1, maxLength: 3 })

  states(
    "secret key rotation",
    "a replaced key logs no user out; once it is removed, users who sent no request in between are logged out",
    (plant) =>
      fc.asyncProperty(visits, fc.boolean(), turns(), async (names, bobVisits, scheduler) => {
        const world = await makeWorld({ plant, secretKey: "an older key" })
        const [alice, bob] = [browser(), browser()]
        await world.request(alice, Pages.login("alice"))
        await world.request(bob, Pages.login("bob"))
        world.configure({ secretKey: "a newer key", secretKeyFallbacks: ["an older key"] })
        const who = () => [alice, bob].map((each) => world.who(sessionOf(each) ?? ""))
        expect(who(), "secret key rotation: both users").toEqual(["alice", "bob"])

        const tabs = names.map(() => copyOf(alice))
        await interleaved(world, scheduler, () => [
          Promise.all(
            tabs.map((tab, each) =>
              world.request<unknown>(
                tab,
                names[each] === "visit" ? Pages.visit : Pages.both(Pages.visit, Pages.write("key", "value"))
              )
            )
          )
        ])
        if (bobVisits) await world.request(bob, Pages.visit)

        world.configure({ secretKey: "a newer key", secretKeyFallbacks: [] })
        // One request renewed the key; later requests with the old key are anonymous, as in Django.
        expect(
          tabs.map((tab) => world.who(sessionOf(tab) ?? "")).filter((user) => user === "alice"),
          "secret key rotation: sessions that sent a request before the old key was removed"
        ).toEqual(["alice"])
        expect(who(), "secret key rotation: other sessions").toEqual([undefined, bobVisits ? "bob" : undefined])
      })
  )
})
