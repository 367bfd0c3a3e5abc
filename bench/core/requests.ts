/**
 * Requests of each kind, twice: their transitions alone, and the same with the interpreter around them, which keeps the
 * state of the request, performs the effects and makes the headers of the response. Both sign sessions and keep them in
 * memory. There is no adapter, and a login hashes no password.
 */
import type { RequestHead } from "latchkey"
import { coreScene } from "latchkey/testing"
import { credentials, memoryAuth } from "../memory-application.ts"
import { lowerQuartile, median } from "../statistics.ts"
import { callsThatTake, cpuClock } from "./rounds.ts"

/** What one request takes: nanoseconds of CPU time, and the bytes that it allocates. */
export interface Taken {
  readonly nanoseconds: number
  readonly bytes: number
}

export interface RequestCost {
  readonly kind: Kind
  readonly transitions: Taken
  readonly interpreter: Taken
}

const kinds = ["anonymous", "read", "write", "login", "logout"] as const
export type Kind = (typeof kinds)[number]

/** One way of running requests. `Session` is the session cookie that the client sends. */
interface Side {
  readonly run: Readonly<Record<Kind, (session: string | undefined) => unknown>>
  readonly logIn: () => Promise<string | undefined>
  readonly isAsync: boolean
}

const makeTransitions = (): Side => {
  const scene = coreScene({ users: { alice: "A" }, secretKey: "a secret key that only the bench uses, 50 characters" })
  let written = 0
  const login = () => scene.request().login("alice").respond()
  const read = (session: string | undefined) => {
    const request = scene.request(session)
    request.user()
    return request.respond()
  }
  return {
    isAsync: false,
    logIn: async () => login().cookie,
    run: {
      anonymous: read,
      read,
      write: (session) => {
        const request = scene.request(session).set("visited", written++)
        request.user()
        return request.respond()
      },
      login,
      logout: (session) => scene.request(session).logout().respond()
    }
  }
}

const makeInterpreter = async (): Promise<Side> => {
  const auth = await memoryAuth()
  const user = await auth.createUser({ ...credentials, username: "bob" })
  if (user === undefined) throw new Error("there is no user")
  const transport = { secure: true, serverName: "localhost", serverPort: "443" }
  const open = (session: string | undefined) => {
    const cookies = session === undefined ? [] : [["cookie", `sessionid=${session}`] as const]
    const head: RequestHead = { method: "GET", target: "/", headers: [["host", "localhost"], ...cookies], transport }
    return auth.open(head)
  }
  let written = 0
  const login = async () => {
    const request = open(undefined)
    await request.context.login(user)
    return request.respond(200)
  }
  const read = async (session: string | undefined) => {
    const request = open(session)
    await request.context.getUser()
    return request.respond(200)
  }
  return {
    isAsync: true,
    logIn: async () => {
      const { cookies } = await login()
      return /sessionid=(\w+)/.exec(cookies.join("\n"))?.[1]
    },
    run: {
      anonymous: read,
      read,
      write: async (session) => {
        const request = open(session)
        await request.context.session.set("visited", written++)
        await request.context.getUser()
        return request.respond(200)
      },
      login,
      logout: async (session) => {
        const request = open(session)
        await request.context.logout()
        return request.respond(200)
      }
    }
  }
}

let kept: unknown // so that V8 does not leave out a call whose result nothing uses

/** A round has stores of its own, so that the sessions of one round do not slow the next. */
const round = async (make: () => Side | Promise<Side>, kind: Kind, calls: number): Promise<Taken> => {
  const side = await make()
  const hot = await side.logIn()
  if (hot === undefined) throw new Error("a login has made no session")
  const sessions: Array<string | undefined> = []
  for (let call = 0; call < calls; call++)
    sessions.push(kind === "logout" ? await side.logIn() : kind === "read" || kind === "write" ? hot : undefined)
  const run = side.run[kind]
  const heap = process.memoryUsage().heapUsed
  const before = cpuClock()
  if (side.isAsync) for (const session of sessions) kept = await run(session)
  else for (const session of sessions) kept = run(session)
  const nanoseconds = (cpuClock() - before) / calls
  const bytes = process.memoryUsage().heapUsed - heap
  return { nanoseconds, bytes: bytes / calls }
}

const sides = [makeTransitions, makeInterpreter] as const
const warmUpRounds = 25
/** Few enough that no garbage is collected: a collection makes the bytes of a round negative. */
const few = 400

/**
 * The two sides take turns, so that other load on the machine affects both.
 *
 * @param least nanoseconds of a round
 */
export const measureRequests = async (rounds: number, least: number): Promise<ReadonlyArray<RequestCost>> => {
  const costs: Array<RequestCost> = []
  for (const kind of kinds) {
    const found = sides.map((make) => ({ make, calls: few, bytes: [] as number[], times: [] as number[] }))
    for (let at = 0; at < warmUpRounds; at++) for (const { make } of found) await round(make, kind, few)
    for (const side of found)
      side.calls = await callsThatTake(
        least,
        async (calls) => calls * (await round(side.make, kind, calls)).nanoseconds
      )
    for (let at = 0; at < rounds; at++)
      for (const { bytes, calls, make, times } of found) {
        times.push((await round(make, kind, calls)).nanoseconds)
        bytes.push((await round(make, kind, few)).bytes)
      }
    const [transitions, interpreter] = found.map(
      ({ bytes, times }): Taken => ({
        nanoseconds: Math.round(lowerQuartile(times)),
        bytes: Math.round(median(bytes.filter((size) => size >= 0)))
      })
    )
    if (transitions !== undefined && interpreter !== undefined) costs.push({ kind, transitions, interpreter })
  }
  if (kept === undefined) throw new Error("nothing was measured")
  return costs
}
