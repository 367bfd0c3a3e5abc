import { Console } from "node:console"
import { Writable } from "node:stream"
import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import * as Errors from "../../../src/adapters/errors/errors.ts"
import { FileFailure } from "../../../src/adapters/store/file/file-failure.ts"
import { DatabaseFailure } from "../../../src/adapters/store/postgres/connection/database-failure.ts"
import { RowInvalid } from "../../../src/adapters/store/postgres/tables/user-table.ts"
import { RedisFailure } from "../../../src/adapters/store/redis/connection/redis-failure.ts"

const all: ReadonlyArray<readonly [name: string, error: Error]> = [
  ["ConfigurationInvalid", new Errors.ConfigurationInvalid({ problems: ["secretKey is missing"] })],
  ["StoreUnavailable", new Errors.StoreUnavailable({ operation: "load a session", cause: undefined })],
  ["BackendUnavailable", new Errors.BackendUnavailable({ backend: "ldap", cause: undefined })],
  ["Busy", new Errors.Busy({ retryAfterSeconds: 1 })],
  ["HeadersAlreadySent", new Errors.HeadersAlreadySent({ operation: "login" })],
  ["SessionInterrupted", new Errors.SessionInterrupted()],
  ["BadRequest", new Errors.BadRequest({ reason: "no host" })],
  ["CsrfFailed", new Errors.CsrfFailed({ reason: "CSRF token missing." })],
  ["LoginRequired", new Errors.LoginRequired({ location: "/login" })],
  ["SessionDataInvalid", new Errors.SessionDataInvalid({ key: "cart", reason: "not a list" })],
  ["PermissionDenied", new Errors.PermissionDenied("no")],
  ["DatabaseFailure", new DatabaseFailure({ code: "42P01", reason: "no table", fate: "configuration" })],
  ["RedisFailure", new RedisFailure({ code: "OOM", lost: false })],
  ["FileFailure", new FileFailure({ code: "ENOSPC" })],
  ["RowInvalid", new RowInvalid({ table: "t", column: "c" })]
]

/** The text that `console.error` writes. */
const consoleText = (error: unknown): string => {
  let text = ""
  const stream = new Writable({
    write: (chunk, _, done) => {
      text += chunk
      done()
    }
  })
  new Console(stream, stream).error(error)
  return text
}

describe("an error", () => {
  it.each(all)("%s prints its name, message and stack", (name, error) => {
    for (const text of [inspect(error), consoleText(error)]) {
      expect(text).toContain(`${name}: ${error.message}`.trimEnd())
      expect(text).toMatch(/\n {4}at .*printed-error\.test\.ts/)
    }
  })

  it.each(all)("%s is written as JSON with its name and message", (name, error) => {
    expect(JSON.parse(JSON.stringify(error))).toMatchObject(
      name === "PermissionDenied" ? { name } : { name, _tag: name, message: error.message }
    )
  })

  it("is written as JSON with only name and message of its causes", () => {
    const driver = Object.assign(new Error("refused"), { config: { password: "hush" } })
    const http = Object.assign(new Error("no answer", { cause: driver }), { request: { token: "hush" } })
    const cause = { name: "Error", message: "no answer", cause: { name: "Error", message: "refused" } }
    const written = JSON.stringify([new Errors.BackendUnavailable({ backend: "ldap", cause: http })])
    expect(JSON.parse(written)).toMatchObject([{ backend: "ldap", cause }])
    expect(written).not.toContain("hush")
    for (const odd of [{ password: "hush" }, "hush", null])
      expect(JSON.stringify(new Errors.StoreUnavailable({ operation: "load", cause: odd }))).not.toContain("hush")
    driver.cause = http
    expect(JSON.stringify(new Errors.StoreUnavailable({ operation: "load", cause: http }))).toContain("…")
  })

  it("prints its fields and its causes, and theirs", () => {
    const database = new DatabaseFailure({ code: "42P01", reason: "no such table", fate: "configuration" })
    const outage = new Errors.StoreUnavailable({ operation: "load a session", cause: database })
    for (const text of [inspect(outage), inspect(new Error("a page failed", { cause: outage }), { depth: 5 })]) {
      expect(text).toContain("operation: 'load a session'")
      expect(text).toMatch(/\[cause\]: DatabaseFailure: 42P01: no such table\n +at /)
      expect(text).toContain("code: '42P01'")
      expect(text).not.toContain("_tag")
    }
  })

  it("prints only name, message, stack and causes of another library's error", () => {
    const deepest = Object.assign(new RangeError("too deep"), { token: "hush" })
    const library = Object.assign(new TypeError("cannot connect", { cause: deepest }), {
      config: { password: "hush" },
      parameters: ["hush"]
    })
    const text = inspect(new Errors.BackendUnavailable({ backend: "ldap", cause: library }), { depth: 20 })
    expect(text).toContain("BackendUnavailable: the authentication backend ldap is out of reach")
    expect(text).toMatch(/\[cause\]: TypeError: cannot connect\n +at /)
    expect(text).toMatch(/\[cause\]: RangeError: too deep\n +at /)
    expect(text).not.toContain("hush")
  })

  it("prints the errors of an AggregateError, and only the type of values that are no errors", () => {
    const both = new AggregateError([new Error("one"), "hush"], "both failed")
    const text = inspect(new Errors.StoreUnavailable({ operation: "load", cause: both }), { depth: 20 })
    expect(text).toContain("AggregateError: both failed")
    expect(text).toContain("Error: one")
    expect(text).not.toContain("hush")
    for (const cause of [{ password: "hush" }, "hush", null]) {
      const printed = inspect(new Errors.StoreUnavailable({ operation: "load", cause }), { depth: 20 })
      expect(printed).toContain(cause === null ? "(null)" : `(a ${typeof cause})`)
      expect(printed).not.toContain("hush")
    }
  })

  it("prints circular causes", () => {
    const circle = new Error("round")
    circle.cause = circle
    expect(inspect(new Errors.StoreUnavailable({ operation: "load", cause: circle }), { depth: 50 })).toContain("round")
  })
})
