/** Clients that disconnect before they have their answer, and streams that fail midway. */
import { setTimeout as sleep } from "node:timers/promises"
import { expect, vi } from "vitest"
import type { Ability, Reply } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"
import { streamOf } from "./replies.ts"
import type { Site } from "./site.ts"

const answersWhenGone = (how: string, answer: () => Reply, needs?: Ability): Clause =>
  clause(
    `when the client disconnects before the answer (${how}), the session is stored`,
    async ({ dataOf, logIn, open, told }) => {
      const { key, line } = await logIn()
      const reached = Promise.withResolvers<void>()
      const client = open(
        async ({ session }) => {
          reached.resolve()
          await sleep(60)
          await session.set("a", 1)
          await sleep(10)
          return answer()
        },
        { lines: [line] }
      )
      await reached.promise
      client.leave()
      await vi.waitFor(async () => expect(await dataOf(key)).toMatchObject({ a: 1 }), { timeout: 20_000, interval: 20 })
      // The framework decides what happens to the body of a client that has disconnected.
      await sleep(20)
      told()
    },
    needs
  )

async function* endless(onEnd: () => void): AsyncGenerator<string> {
  try {
    for (;;) {
      yield "x".repeat(10_000)
      await sleep(1)
    }
  } finally {
    onEnd()
  }
}

/** A stream that fails midway. */
const failingStream = async ({ logIn, open }: Site) => {
  const { key, line } = await logIn()
  async function* body() {
    yield "begun"
    await sleep(20)
    throw new Error("a secret that no client may see")
  }
  const text = await open(
    async ({ session }) => {
      await session.set("a", 1)
      return { body: body() }
    },
    { lines: [line] }
  ).end
  return { key, text }
}

export const departures: Chapter = {
  title: "disconnected clients and broken streams",
  clauses: [
    answersWhenGone("a text", () => ({ body: "text" })),
    answersWhenGone("a stream", () => ({ body: streamOf("one", "two") }), "goneStreams"),
    clause(
      "when the client disconnects while the session is being stored, the session is stored",
      async ({ dataOf, logIn, open, stores, told }) => {
        const { key, line } = await logIn()
        stores.beforeCommit = async () => {
          client.leave()
          await sleep(60)
        }
        const client = open(
          async ({ session }) => {
            await session.set("a", 1)
            return { body: "text" }
          },
          { lines: [line] }
        )
        await client.end
        await vi.waitFor(async () => expect(await dataOf(key)).toMatchObject({ a: 1 }), {
          timeout: 20_000,
          interval: 20
        })
        told()
      }
    ),
    clause(
      "when the client disconnects in the middle of a stream, the stream ends",
      async ({ dataOf, logIn, open, told }) => {
        const { key, line } = await logIn()
        const ended = Promise.withResolvers<string>()
        const client = open(
          async ({ session }) => {
            await session.set("a", 1)
            return { body: endless(() => ended.resolve("ended")) }
          },
          { lines: [line] }
        )
        await client.until("xxxx")
        client.leave()
        expect(await Promise.race([ended.promise, sleep(4000, "goes on")])).toBe("ended")
        expect(await dataOf(key)).toMatchObject({ a: 1 })
        told()
      },
      "streams"
    ),
    clause("when a stream fails, the session stays stored, and the client does not see the error", async (site) => {
      const { key, text } = await failingStream(site)
      expect(text).not.toContain("secret")
      expect(await site.dataOf(key)).toMatchObject({ a: 1 })
      site.told()
    }),
    clause(
      "when a stream fails, the client can see that the answer is incomplete",
      async (site) => {
        const { text } = await failingStream(site)
        expect(text).not.toContain("0\r\n\r\n")
        site.told()
      },
      "brokenStreams"
    )
  ]
}
