/** Answers of handlers. */
import { setTimeout as sleep } from "node:timers/promises"
import type { Reply } from "./adapter.ts"

/** An answer that differs from every answer of latchkey. */
export const mine = (body: Reply["body"]): Reply => ({
  status: 201,
  headers: [
    ["Set-Cookie", "mine=1"],
    ["X-Mine", "1"]
  ],
  ...(body === undefined ? {} : { body })
})

/** A stream of pieces with a short pause before each. */
export async function* streamOf(...pieces: ReadonlyArray<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    await sleep(1)
    yield piece
  }
}
