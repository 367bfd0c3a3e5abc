/**
 * Every operation of the file engine, when one of its system calls fails: each call of each operation in turn, with an
 * error of the disk (EIO) and with a full disk (ENOSPC). What must be true then:
 *
 * - the operation fails with this error, or has succeeded completely; no error is an absent session
 * - the session is as before the operation or as after it, and as after it if the operation succeeded
 * - a session that moves has one of its two keys, never both and never none
 * - the next operations succeed
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs"
import fs from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../src/adapters/errors/errors.ts"
import { FileFailure, fileSessions } from "../../src/adapters/store/file.ts"
import type { SessionChange } from "../../src/core/effect.ts"
import type { SessionKey } from "../../src/core/session-key.ts"
import { absent, deleted, found, freshKey, LATER, NOW } from "../adapters/store/session-calls.ts"
import { fastFolder } from "../rig/fast-folder.ts"

const directory = mkdtempSync(join(fastFolder("file-errors"), "sessions-"))
const store = fileSessions({ directory })

/** Counts the calls of the file engine, and lets one of them fail. */
const failing = { at: Number.POSITIVE_INFINITY, code: "", calls: [] as Array<string> }

/** The function, counted, and failing if it is its turn. */
const counted = <Values extends ReadonlyArray<unknown>, A>(name: string, original: (...values: Values) => Promise<A>) =>
  async function (this: unknown, ...values: Values): Promise<A> {
    const fails = failing.calls.push(name) - 1 === failing.at
    // A file that could not be closed is closed nevertheless.
    if (fails && name !== "close") throw Object.assign(new Error("planted"), { code: failing.code })
    const answer = await Reflect.apply(original, this, values)
    if (fails) throw Object.assign(new Error("planted"), { code: failing.code })
    return answer
  }

const original = { ...fs }
const openCounted = counted("open", original.open)
beforeAll(() => {
  for (const name of ["stat", "lstat", "rename", "link", "unlink", "rm", "opendir"] as const)
    Object.assign(fs, { [name]: counted<Array<never>, unknown>(name, original[name]) })
  fs.open = async (...values) => {
    const handle = await openCounted(...values)
    for (const name of ["stat", "readFile", "writeFile", "utimes", "sync", "close"] as const)
      Object.assign(handle, { [name]: counted<Array<never>, unknown>(name, handle[name]) })
    return handle
  }
  syncBuiltinESMExports()
})
afterAll(() => {
  Object.assign(fs, original)
  syncBuiltinESMExports()
  rmSync(directory, { recursive: true })
})
afterEach(() => {
  failing.at = Number.POSITIVE_INFINITY
})

const run = <A>(effect: Effect.Effect<A, StoreUnavailable>) => Effect.runPromise(effect)
const load = (key: SessionKey) => run(store.load(key, NOW))
const commit = (change: SessionChange) => run(store.commit(change, NOW))

interface Operation {
  readonly run: (key: SessionKey, to: SessionKey) => Effect.Effect<unknown, StoreUnavailable>
  readonly isNew?: true
  /** The beginning of the only right answer. */
  readonly answer: unknown
  /** Under the key and under the other one. */
  readonly after: readonly [unknown, unknown]
}

const operations: Readonly<Record<string, Operation>> = {
  "reading a session": { run: (key) => store.load(key, NOW), answer: found("{}"), after: [found("{}"), absent] },
  "making a session": {
    run: (key) => store.commit({ _tag: "Insert", key, text: "[1]", expiresAt: LATER }, NOW),
    isNew: true,
    answer: { _tag: "Committed" },
    after: [found("[1]"), absent]
  },
  "writing a session": {
    run: (key) => store.commit({ _tag: "Update", key, was: "{}", text: "[1]", expiresAt: LATER }, NOW),
    answer: { _tag: "Committed" },
    after: [found("[1]"), absent]
  },
  "ending a session": {
    run: (key) => store.commit({ _tag: "Delete", key }, NOW),
    answer: deleted,
    after: [absent, absent]
  },
  "renewing a key": {
    run: (from, to) =>
      store.commit({ _tag: "Move", from, was: "{}", to, text: "[1]", expiresAt: LATER, ifGone: "Refuse" }, NOW),
    answer: { _tag: "Committed" },
    after: [absent, found("[1]")]
  },
  "renewing a key with a note for the old one": {
    run: (from, to) => {
      const change = { _tag: "Move", from, was: "{}", to, text: "[1]", expiresAt: LATER, ifGone: "Refuse" } as const
      return store.commit({ ...change, forwards: true }, NOW)
    },
    answer: { _tag: "Committed" },
    after: [absent, found("[1]")]
  },
  "looking for expired sessions": {
    run: () => store.countExpired?.(NOW) ?? Effect.void,
    answer: 0,
    after: [found("{}"), absent]
  },
  "removing expired sessions": { run: () => store.clearExpired(NOW), answer: 0, after: [found("{}"), absent] }
}

/** A lock that could not be removed counts until it is too old. */
const letLocksAge = () => {
  const before = new Date(Date.now() - 60_000)
  const locks = readdirSync(directory).filter((name) => name.startsWith(".latchkey-lock-"))
  for (const name of locks) utimesSync(join(directory, name), before, before)
}

/** Runs the operation with a fault in its call number `at`. @returns that call; `undefined` if there are fewer */
const withFault = async (operation: Operation, code: string, at: number): Promise<string | undefined> => {
  const [key, to] = [freshKey(), freshKey()]
  if (operation.isNew !== true) await commit({ _tag: "Insert", key, text: "{}", expiresAt: LATER })
  const before = [await load(key), absent]
  Object.assign(failing, { at, code, calls: [] })
  const exit = await Effect.runPromiseExit(operation.run(key, to))
  failing.at = Number.POSITIVE_INFINITY
  const call = failing.calls[at]
  const where = `${code} in call ${at} (${call})`
  if (Exit.isFailure(exit))
    expect([where, await Effect.runPromise(Effect.flip(exit))]).toMatchObject([
      where,
      new StoreUnavailable({ operation: expect.any(String), cause: new FileFailure({ code }) })
    ])
  else expect([where, exit.value]).toMatchObject([where, operation.answer])
  letLocksAge()
  const state = [await load(key), await load(to)]
  const possible = Exit.isSuccess(exit) ? [operation.after] : [before, operation.after]
  expect(possible, where).toContainEqual(state)
  // The next change succeeds, and nothing comes back after a logout.
  for (const own of [key, to]) await commit({ _tag: "Delete", key: own })
  expect([where, await load(key), await load(to)]).toEqual([where, absent, absent])
  expect([where, existsSync(join(directory, `.latchkey-lock-sessionid${key}`))]).toEqual([where, false])
  return call
}

describe.each(["EIO", "ENOSPC"])("when a system call fails with %s", (code) => {
  it.each(Object.entries(operations))("%s fails or succeeds completely", async (_, operation) => {
    const calls: Array<string> = []
    for (let call = await withFault(operation, code, 0); call !== undefined; ) {
      calls.push(call)
      call = await withFault(operation, code, calls.length)
    }
    expect(calls.length).toBeGreaterThan(2)
  })
})

it("an ended session whose file cannot be removed is an error, and the next logout ends it", async () => {
  const key = freshKey()
  await commit({ _tag: "Insert", key, text: "{}", expiresAt: LATER })
  Object.assign(failing, { at: Number.POSITIVE_INFINITY, code: "EIO", calls: [] })
  await load(key)
  const { unlink } = fs
  fs.unlink = () => Promise.reject(Object.assign(new Error("planted"), { code: "EIO" }))
  syncBuiltinESMExports()
  await expect(commit({ _tag: "Delete", key })).rejects.toBeInstanceOf(StoreUnavailable)
  expect(await load(key)).toEqual(found("{}"))
  fs.unlink = unlink
  syncBuiltinESMExports()
  expect(await commit({ _tag: "Delete", key })).toEqual(deleted)
  expect(await load(key)).toEqual(absent)
})

describe("a lock file that cannot be removed", () => {
  const isLock = (path: unknown): boolean => String(path).includes(".latchkey-lock-")
  const { rm } = original
  /** Every removal of a lock file fails. */
  const holdLocks = () => {
    fs.rm = async (path, options) => {
      if (isLock(path)) throw Object.assign(new Error("planted"), { code: "EIO" })
      return rm(path, options)
    }
    syncBuiltinESMExports()
  }
  const counting = fs.rm
  afterEach(() => {
    fs.rm = counting
    syncBuiltinESMExports()
  })

  const changing = ["writing a session", "ending a session", "renewing a key"]
  it.each(changing)("does not change the answer to %s, and the next change waits until it is stale", async (name) => {
    const operation = operations[name]
    if (operation === undefined) throw new Error(`no operation: ${name}`)
    const [key, to] = [freshKey(), freshKey()]
    await commit({ _tag: "Insert", key, text: "{}", expiresAt: LATER })
    holdLocks()
    expect(await run(operation.run(key, to))).toMatchObject(Object(operation.answer))
    expect([await load(key), await load(to)]).toEqual(operation.after)
    expect(existsSync(join(directory, `.latchkey-lock-sessionid${key}`))).toBe(true)
    letLocksAge()
    // Also if the stale lock, which was moved aside, cannot be removed.
    expect(await commit({ _tag: "Delete", key })).toEqual(deleted)
    fs.rm = counting
    syncBuiltinESMExports()
    letLocksAge()
    expect(await commit({ _tag: "Delete", key })).toEqual(deleted)
    expect(await load(key)).toEqual(absent)
    expect(existsSync(join(directory, `.latchkey-lock-sessionid${key}`))).toBe(false)
  })
})
