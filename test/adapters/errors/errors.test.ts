import { describe, expect, it } from "vitest"
import * as Errors from "../../../src/adapters/errors/errors.ts"

/** A second copy of the module, as a bundler may put it into an application. */
const again: typeof Errors = await import(/* @vite-ignore */ `${"../../../src/adapters/errors/errors.ts"}?again`)

describe("an error", () => {
  it("is recognised by its tag, from every copy of this module", () => {
    expect(again.StoreUnavailable).not.toBe(Errors.StoreUnavailable)
    const outage = new again.StoreUnavailable({ operation: "load", cause: undefined })
    expect([
      outage instanceof Errors.StoreUnavailable,
      outage instanceof Errors.BackendUnavailable,
      new Errors.Busy({ retryAfterSeconds: 1 }) instanceof again.Busy
    ]).toEqual([true, false, true])
  })

  it("is an Error, and other values are not recognised", () => {
    expect(new Errors.LoginRequired({ location: "/" })).toBeInstanceOf(Error)
    const another = Object.assign(new Error("Busy"), { _tag: "Busy" })
    for (const other of [another, new Error("Busy"), { _tag: "Busy", retryAfterSeconds: 1 }, null, undefined, "Busy"])
      expect(other instanceof Errors.Busy).toBe(false)
  })
})
