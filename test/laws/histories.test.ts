/**
 * Random histories: browsers, attackers and administrators act in parallel while stores fail. After each change of the
 * stores, all invariants are checked.
 */
import { pbkdf2Sync } from "node:crypto"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect } from "vitest"
import { type Browser, browser, sessionOf } from "./browser.ts"
import { type Law, states, turns } from "./law.ts"
import { Lineage, type Proof } from "./lineage.ts"
import * as Pages from "./pages.ts"
import { plants } from "./plant.ts"
import type { Fault } from "./stores.ts"
import { keyOf, makeWorld, model, type Page, passwordOf, second, type World } from "./world.ts"

const users = { alice: "1", bob: "2" }
type Username = keyof typeof users
const changed = "a changed password"
const passwords = (username: string) => [passwordOf(username), changed]

// ---- the site and the invariants ---------------------------------------------------------------------------------

class Site {
  readonly world: World
  readonly browsers: ReadonlyArray<Browser> = [browser(), browser(), browser()]
  readonly lineage = new Lineage()
  readonly running: Array<Promise<void>> = []
  readonly violations: Array<string> = []

  constructor(world: World) {
    this.world = world
    world.onChange.add(() => this.look())
  }

  send(page: Page<unknown>, from: Browser, proof?: Proof): Promise<void> {
    const sent = this.world.request(from, page).then((answer) => {
      this.lineage.record(answer, proof)
      if (answer.issued !== undefined && !answer.storedBefore)
        this.violations.push("a cookie was sent before its row was stored")
      const told = page === Pages.visit && answer.status === 200 ? answer.value : undefined
      if (told !== undefined && !this.lineage.of(answer.presented ?? "").some(({ username }) => username === told))
        this.violations.push(`${told} was shown to another user`)
      if (answer.status === 500) this.violations.push("an unexpected status of 500")
      if (
        page === Pages.logout &&
        answer.status === 200 &&
        this.world.stores.sessions.rows.has(keyOf(answer.presented))
      )
        this.violations.push("a logout left the row")
      this.look()
    })
    this.running.push(sent)
    return sent
  }

  look(): void {
    if (this.world.chronicle.risen.size > 0) this.violations.push("a deleted key got a row again")
    for (const cookie of this.world.seen) {
      const user = this.world.who(cookie)
      if (user === undefined) continue
      const row = Effect.runSync(this.world.stores.users.findByUsername(user))
      if (row?.isActive !== true) this.violations.push(`${user} is not active, and logged in`)
      const proven = this.lineage
        .of(cookie)
        .some(({ password, username }) => username === user && verifies(password, row?.password))
      if (!proven) this.violations.push(`${user} is logged in without proof`)
    }
  }
}

const verified = new Map<string, boolean>()

const verifies = (password: string, encoded = ""): boolean => {
  const known = verified.get(`${password} ${encoded}`)
  if (known !== undefined) return known
  const [, iterations, salt = "", hash] = encoded.split("$")
  const correct = pbkdf2Sync(password, salt, Number(iterations), 32, "sha256").toString("base64") === hash
  verified.set(`${password} ${encoded}`, correct)
  return correct
}

// ---- the steps ---------------------------------------------------------------------------------------------------

/** Starts one step. The scheduler chooses when its effects happen, so later steps may finish before it. */
class Step implements fc.AsyncCommand<object, Site> {
  readonly #name: string
  readonly #begin: (site: Site) => void

  constructor(name: string, begin: (site: Site) => void) {
    this.#name = name
    this.#begin = begin
  }

  check = (): boolean => true

  async run(_model: object, site: Site): Promise<void> {
    this.#begin(site)
    expect(site.violations, "history: violations after a step").toEqual([])
  }

  toString = (): string => this.#name
}

const which = fc.nat({ max: 2 })
const username = fc.constantFrom<Username>("alice", "bob")

const sending = (name: string, page: Page<unknown>) =>
  which.map((each) => new Step(`${name} by ${each}`, (site) => void site.send(page, site.browsers[each] ?? browser())))

const administering = (name: string, action: (world: World) => void) =>
  fc.constant(new Step(name, ({ world }) => action(world)))

const steps = [
  sending("visit", Pages.visit),
  sending("look", Pages.look),
  sending("write", Pages.write("key", "value")),
  sending("clear", Pages.clear),
  sending("delete", Pages.remove("key")),
  sending("read, then clear", Pages.readThenClear),
  sending("cycle", Pages.cycle),
  sending("logout", Pages.logout),
  fc.tuple(which, username, fc.nat({ max: 2 })).map(([each, user, guess]) => {
    const password = [...passwords(user), "wrong"][guess] ?? ""
    return new Step(`login of ${user} by ${each} with password ${guess}`, (site) => {
      void site.send(Pages.login(user, password), site.browsers[each] ?? browser(), { username: user, password })
    })
  }),
  fc.tuple(which, fc.boolean()).map(
    ([each, back]) =>
      new Step(`change of password by ${each}`, (site) => {
        const from = site.browsers[each] ?? browser()
        const user = site.world.who(sessionOf(from) ?? "")
        if (user === undefined) return
        const password = passwords(user)[back ? 0 : 1] ?? ""
        void site.send(Pages.changePassword(password), from, { username: user, password })
      })
  ),
  fc.tuple(which, fc.nat()).map(
    ([each, nth]) =>
      new Step(`theft of cookie ${nth} by ${each}`, ({ browsers, world }) => {
        const seen = [...world.seen]
        const value = seen[nth % Math.max(seen.length, 1)]
        if (value !== undefined) browsers[each]?.jar.set("sessionid", { value, expiresAt: undefined })
      })
  ),
  which.map((each) => new Step(`cookies of ${each} are lost`, ({ browsers }) => browsers[each]?.jar.clear())),
  username.chain((user) =>
    fc.constantFrom(true, false).map(
      (isActive) =>
        new Step(`${user} is ${isActive ? "" : "not "}active`, ({ world }) => {
          world.stores.users.change(users[user], { isActive })
        })
    )
  ),
  administering("only the second backend", (world) => world.configure({ backends: [second] })),
  administering("only the model backend", (world) => world.configure({ backends: [model] })),
  fc.integer({ min: 1, max: 1300 }).map(
    (hours) =>
      new Step(`${hours} hours pass`, ({ world }) => {
        world.clock.now += hours * 3600_000
      })
  ),
  fc
    .array(fc.constantFrom<Fault>("none", "refused", "ackLost", "slow"), { maxLength: 4 })
    .map((faults) => new Step(`faults: ${faults.join(", ")}`, ({ world }) => world.afflict(faults)))
]

describe("a random history", () => {
  const law: Law = (plant) =>
    fc.asyncProperty(fc.commands(steps, { maxCommands: 20, size: "max" }), turns(), async (commands, scheduler) => {
      const site = new Site(await makeWorld({ plant }))
      const [first, second, third] = site.browsers
      if (first !== undefined)
        await site.send(Pages.login("alice"), first, { username: "alice", password: passwordOf("alice") })
      if (second !== undefined)
        await site.send(Pages.login("bob"), second, { username: "bob", password: passwordOf("bob") })
      if (third !== undefined) await site.send(Pages.write("key", "value"), third)
      site.world.interleave(scheduler)
      await fc.scheduledModelRun(scheduler, () => ({ model: {}, real: site }), commands)
      await scheduler.waitFor(Promise.all(site.running))
      site.world.interleave(undefined)
      site.world.afflict([])
      site.look()
      expect(site.violations, "history: violations at the end").toEqual([])
      // After every history, a new login works.
      site.world.configure({ backends: [model] })
      site.world.stores.users.change(users.bob, { isActive: true })
      const answers = await Promise.all(
        passwords("bob").map((password) => site.world.request(browser(), Pages.login("bob", password)))
      )
      expect(answers.map(({ status }) => status).sort(), "history: a login afterwards").toEqual([200, 401])
    })

  states(
    "history",
    "no user is logged in without a password, no key is reused, and no cookie is sent before its row is stored",
    law,
    {
      finds: plants(
        "an Update inserts a row that is gone",
        "a load returns the answer for another key",
        "a failed write is reported as done",
        "a Delete removes nothing",
        "a commit answers before it writes"
      ),
      numRuns: 200
    }
  )
})
