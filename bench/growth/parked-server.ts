/** A server whose page `/wait` answers only when it is told to, so that the memory of waiting requests can be measured. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { nodeAuth } from "latchkey/node"
import { auth } from "../servers/latchkey-work.ts"
import { listen } from "../servers/listen.ts"

let release = Promise.withResolvers<void>()
let waiting = 0

const answer = async (req: IncomingMessage, res: ServerResponse, getUser: () => Promise<unknown>) => {
  if (req.url === "/wait") {
    await getUser()
    waiting += 1
    await release.promise
    waiting -= 1
  }
  if (req.url === "/release") {
    release.resolve()
    release = Promise.withResolvers()
  }
  if (req.url === "/waiting") return void res.end(String(waiting))
  if (req.url !== "/memory") return void res.end("released")
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  res.end(String(heapUsed + external))
}

const nobody = async () => undefined
listen(
  createServer(
    process.env["BARE"] === "1"
      ? (req, res) => void answer(req, res, nobody)
      : nodeAuth(auth, (req, res, { getUser }) => answer(req, res, getUser))
  )
)
