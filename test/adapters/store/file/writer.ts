/**
 * A process that adds keys to a session, one after the other. It stops when all keys are written or the session is
 * deleted, and prints how many it wrote. Usage: `writer.ts DIRECTORY KEY NAME...`
 */
import * as Effect from "effect/Effect"
import { fileSessions } from "../../../../src/adapters/store/file.ts"
import * as Key from "../../../../src/core/session-key.ts"

const [, , directory = "", text, ...names] = process.argv
const key = Key.parse(text)
if (key === undefined) throw new Error("no key")
const store = fileSessions({ directory })

let written = 0
console.log("ready")
writing: for (const name of names) {
  for (let was = "{}"; ; ) {
    const next = JSON.stringify({ ...JSON.parse(was), [name]: true })
    const change = { _tag: "Update", key, was, text: next, expiresAt: Date.now() + 86_400_000 } as const
    const answer = await Effect.runPromise(store.commit(change, Date.now()))
    if (answer._tag === "Gone") break writing
    if (answer._tag === "Committed") written++
    if (answer._tag !== "Changed") break
    was = answer.text
  }
}
console.log(`wrote ${written}`)
