/**
 * The kinds of accounts that `npm run timing` measures, without a clock: each form is sent once for each kind. Kinds that
 * must be equal get the same answer, after the same calls of the stores in the same order and as much work of the
 * hashers. The planted leaks, and what docs/security.md says is not equal, must differ: so the test can fail.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { kindsIn, nameOf, type SceneName, sceneNames, sceneOf } from "../../bench/timing/kinds.ts"
import { requestOf } from "../../bench/timing/request.ts"
import { type TimingSite, timingSite } from "../../bench/timing/site.ts"
import { derivePbkdf2 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"

const iterations = 1000

interface Seen {
  /** Iterations by digest. */
  readonly work: Readonly<Record<string, number>>
  /** Calls of stores, and mails, before the answer. */
  readonly calls: ReadonlyArray<string>
  readonly answer: string
}

let site: TimingSite
let before: Pick<Seen, "calls" | "work"> | undefined
let work: Record<string, number> = {}
let calls: Array<string> = []
let port = 0
const server = createServer()

beforeAll(async () => {
  site = await timingSite(iterations, {
    derive: (password, salt, count, length, digest) => {
      work[digest] = (work[digest] ?? 0) + count
      return derivePbkdf2(password, salt, count, length, digest)
    },
    called: (what) => calls.push(what)
  })
  server.on("request", (req, res) => {
    const writeHead = res.writeHead.bind(res)
    res.writeHead = (...given: never) => {
      before = { work, calls: [...calls] }
      return Reflect.apply(writeHead, undefined, given)
    }
    site.listener(req, res)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  port = typeof address === "object" ? (address?.port ?? 0) : 0
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const send = async (scene: SceneName, kind: string, index = 0): Promise<Seen> => {
  await site.settled()
  ;[work, calls, before] = [{}, [], undefined]
  const { body, headers, path } = requestOf(scene, kind, index, port)
  const sent = request({ port, host: "127.0.0.1", method: "POST", path, headers })
  sent.end(body)
  const [response]: ReadonlyArray<IncomingMessage> = await once(sent, "response")
  if (response === undefined || before === undefined) throw new Error("no answer")
  const seen: Pick<Seen, "calls" | "work"> = before
  let text = ""
  for await (const part of response) text += String(part)
  const answer = JSON.stringify([response.statusCode, shown(response.headers), text])
  return { ...seen, answer: answer.replaceAll(nameOf(kind, index), "the name") }
}

const shown = ({ date: _, ...headers }: OutgoingHttpHeaders): OutgoingHttpHeaders => headers

const withWork = (done: Seen["work"], more: Seen["work"] = {}): Seen["work"] => ({ ...done, ...more })

describe.each(sceneNames)("%s", (name) => {
  const scene = sceneOf(name)
  const [reference = ""] = kindsIn(scene)

  it.each(Object.entries(scene.kinds).filter(([kind]) => kind !== reference))("%s", async (kind, info) => {
    const [usual, other] = [await send(name, reference), await send(name, kind)]
    expect(usual.calls.length, "the site tells of its calls").toBeGreaterThan(0)
    if (info.expected === "equal") expect(other).toEqual({ ...usual, work: withWork(usual.work, info.extraWork) })
    else expect({ ...other, answer: "" }).not.toEqual({ ...usual, answer: "" })
    if (info.isControl !== true) expect(other.answer).toBe(usual.answer)
  })

  it("answers as it does in earnest", async () => {
    const { answer } = await send(name, reference)
    expect(answer).toMatch(scene.path.startsWith("/accounts") ? /^\[302,.*\/done/ : /^\[401,/)
  })
})
