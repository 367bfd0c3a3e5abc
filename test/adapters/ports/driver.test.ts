import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../../src/adapters/errors/errors.ts"
import { drive } from "../../../src/adapters/ports/driver.ts"
import type { LoadUser } from "../../../src/core/effect.ts"
import { SessionUnreadable } from "../../../src/core/session/text/stored-data.ts"
import type { Step } from "../../../src/core/transition.ts"

type Counting = Step<number, string, LoadUser>

const asks = (id: number): Counting => ({
  _tag: "Paused",
  query: { _tag: "LoadUser", backend: "", id: String(id) },
  state: id
})
const ends: Counting = { _tag: "Done", value: "the value" }
const nothing = () => undefined
const unavailable = new StoreUnavailable({ operation: "load", cause: "no connection" })

describe("drive", () => {
  it("answers each query, resumes with the state of the step, and returns the value", async () => {
    const events: Array<string> = []
    const value = await Effect.runPromise(
      drive(
        nothing,
        () => asks(1),
        ({ id }) => Effect.succeed(`user ${id}`),
        (state, answer) => {
          events.push(`${state}: ${answer}`)
          return state === 1 ? asks(2) : ends
        }
      )
    )
    expect([events, value]).toEqual([["1: user 1", "2: user 2"], "the value"])
  })

  it("takes every step, and does what that asks for before it goes on", async () => {
    const events: Array<string> = []
    const note = (text: string) => Effect.sync(() => events.push(text))
    await Effect.runPromise(
      drive(
        (step: Counting) => {
          events.push(`take ${step._tag}`)
          return Effect.asVoid(Effect.andThen(Effect.yieldNow, note(`commands of ${step._tag}`)))
        },
        () => asks(1),
        () => note("answer"),
        () => ends
      )
    )
    expect(events).toEqual(["take Paused", "commands of Paused", "answer", "take Done", "commands of Done"])
  })

  it("takes a step before any other fiber runs", async () => {
    const events: Array<string> = []
    const machine = drive(
      () => {
        events.push("take")
        return undefined
      },
      () => asks(1),
      () => Effect.yieldNow,
      () => {
        events.push("resume")
        return ends
      }
    )
    await Effect.runPromise(Effect.all([machine, machine], { concurrency: "unbounded" }))
    expect(events).toEqual(["take", "take", "resume", "take", "resume", "take"])
  })

  it("calls the core only when it runs", () => {
    drive(
      nothing,
      (): Counting => expect.fail("called"),
      () => Effect.void,
      () => ends
    )
  })

  it("ends with the error of a store, without resuming", async () => {
    const machine = drive(
      nothing,
      () => asks(1),
      () => Effect.fail(unavailable),
      () => expect.fail("resumed")
    )
    expect(await Effect.runPromise(Effect.flip(machine))).toBe(unavailable)
  })

  it("fails as a store does when the core cannot read the stored session", async () => {
    const cause = new SessionUnreadable(1024)
    const machine = drive(
      nothing,
      () => asks(1),
      () => Effect.void,
      () => {
        throw cause
      }
    )
    expect(await Effect.runPromise(Effect.flip(machine))).toMatchObject({ _tag: "StoreUnavailable", cause })
  })

  it("does not hide another fault of the core", async () => {
    const machine = drive(
      nothing,
      () => asks(1),
      () => Effect.void,
      () => {
        throw new RangeError("a fault")
      }
    )
    await expect(Effect.runPromise(Effect.flip(machine))).rejects.toThrow("a fault")
  })
})
