/**
 * No object of a request stays in memory after it. An object that survives a collection of V8's young generation moves
 * to the old generation and stays there until a full collection. At thousands of requests a second that costs more than
 * all the work that latchkey does for them.
 */
import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { type NodeHandler, nodeAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"

setFlagsFromString("--expose-gc")
const collect: (options: { readonly type: "minor" | "major" }) => void = runInNewContext("gc")

const oldBytes = (): number =>
  getHeapSpaceStatistics().reduce(
    (sum, space) => (space.space_name.startsWith("new") ? sum : sum + space.space_used_size),
    0
  )

const requests = 2000

/** In bytes. Node itself and compiled code account for some hundreds. A request that is kept is several thousand. */
const most = 2000

const stores = memory()
const auth = createAuth({
  secretKey: "collected",
  sessions: stores.sessions,
  backends: { model: modelBackend(stores.users) }
})

/** Bytes that each request leaves behind after a collection of the young generation. */
const leftBehind = async (handler: NodeHandler<MemoryUser, AnyFields>): Promise<number> => {
  const listen = nodeAuth(auth, handler)
  const serve = async (many: number): Promise<void> => {
    for (let n = 0; n < many; n++) {
      const req = new IncomingMessage(new Socket())
      req.method = "GET"
      req.url = "/"
      req.rawHeaders = ["Host", "localhost", "Cookie", "sessionid=0123456789abcdef0123456789abcdef"]
      const res = new ServerResponse(req)
      listen(req, res)
      while (!res.writableEnded) await new Promise(setImmediate)
      // Twice: only an object that survives two collections moves to the old generation.
      if (n % 50 === 49) for (let time = 0; time < 2; time++) collect({ type: "minor" })
    }
  }
  await serve(requests / 2)
  collect({ type: "major" })
  const before = oldBytes()
  await serve(requests)
  return (oldBytes() - before) / requests
}

describe("a request", () => {
  it("that reads nothing leaves nothing behind", async () => {
    expect(await leftBehind((_req, res) => void res.end("ok"))).toBeLessThan(most)
  })

  it("that reads its user leaves nothing behind", async () => {
    expect(
      await leftBehind(async (_req, res, { getUser }) => {
        await getUser()
        res.writeHead(200, { "content-type": "text/plain" })
        res.end("ok")
      })
    ).toBeLessThan(most)
  })
})
