/** The numbers of guesses that the page on throttling promises, counted over days of attempts. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { throttleSettings } from "../../../../src/adapters/api/options/throttle-options.ts"
import { memoryThrottle } from "../../../../src/adapters/store/memory.ts"
import { start } from "./throttled-site.ts"

describe("an attacker who has all addresses of the first 48 bits of an IPv6 address", () => {
  /** How many passwords are checked per day, of an attempt each second, each from another network. */
  const guesses = async (days: number, username: (at: number) => string): Promise<ReadonlyArray<number>> => {
    const throttle = throttleSettings({ store: memoryThrottle() }, {}, { secret: "secret", fallbacks: [] }, [])
    if (throttle === undefined) throw new Error("the throttle is off")
    const { keys, policies } = throttle
    const counts = memoryThrottle()
    const taken: Array<number> = []
    for (let second = 0; second < days * 86_400; second++) {
      const address = `2001:db8:1:${(second % 65_536).toString(16)}::1`
      const asks = [
        ...keys.networks(address).map(({ key, kind }) => ({ key, policy: policies[kind] })),
        { key: keys.account(username(second)), policy: policies.account }
      ]
      const answers = Effect.runSync(counts.take(asks, start + second * 1000))
      if (answers.every(({ _tag }) => _tag === "Taken")) taken.push(Math.floor(second / 86_400))
    }
    return Array.from({ length: days }, (_, day) => taken.filter((each) => each === day).length)
  }

  it("checks 109 passwords of one user name on the first day, and then 96 a day", async () => {
    expect(await guesses(2, () => "alice")).toEqual([109, 96])
  })

  it("checks one password in five seconds of all user names together, after the first hundred", async () => {
    expect(await guesses(1, (at) => `name ${at}`)).toEqual([17_361])
  })
})
