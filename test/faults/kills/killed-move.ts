/**
 * A process that renews the key of a session in files, and kills itself (`kill -9`) right before it calls a function of
 * `node:fs/promises`. Usage: `killed-move.ts DIRECTORY FROM TO FUNCTION`
 */
import files from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import * as Effect from "effect/Effect"
import * as Key from "../../../src/core/session-key.ts"

const [, , directory = "", from, to, name = ""] = process.argv
const [before, after] = [Key.parse(from), Key.parse(to)]
if (before === undefined || after === undefined) throw new Error("no key")
// Set before the store is loaded, which then finds this function in place of Node's.
if (name !== "none") {
  Object.assign(files, { [name]: () => process.kill(process.pid, "SIGKILL") })
  syncBuiltinESMExports()
}
const { fileSessions } = await import("../../../src/adapters/store/file.ts")

const store = fileSessions({ directory })
const now = Date.now()
const loaded = await Effect.runPromise(store.load(before, now))
if (loaded._tag !== "SessionFound") throw new Error(loaded._tag)
const { text } = loaded
const move = { _tag: "Move", from: before, to: after, was: text, text, ifGone: "Refuse", forwards: true } as const
const answer = await Effect.runPromise(store.commit({ ...move, expiresAt: now + 1_209_600_000 }, now))
console.log(answer._tag)
