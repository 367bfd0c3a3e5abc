/** Answers of handlers. */
import { setTimeout as sleep } from "node:timers/promises"
import type { Reply } from "./adapter.ts"

/** An answer that can be told from any of latchkey's. */
export const mine = (body: Reply["body"]): Reply => ({
  status: 201,
  headers: [
    ["Set-Cookie", "mine=1"],
    ["X-Mine", "1"]
  ],
  ...(body === undefined ? {} : { body })
})

/** Pieces, one after the other, each a little later. */
export async function* streamOf(...pieces: ReadonlyArray<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    await sleep(1)
    yield piece
  }
}
