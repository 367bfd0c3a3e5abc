/** Flows in which every site is restarted halfway with another secret key; the former key is then its last fallback. */
import * as fc from "fast-check"
import type { Exchange } from "./compare.ts"
import { flows } from "./requests.ts"
import { seed, toldDifferences, type Walked } from "./run.ts"
import type { Secrets } from "./sites.ts"
import type { Ask, Flow, Step } from "./step.ts"
import { type Clients, newClients, walk } from "./walk.ts"
import { type Inhabited, type Running, SECRETS } from "./worlds.ts"

export const ROTATED: Secrets = {
  secretKey: "what-all-flows-go-on-with-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
  secretKeyFallbacks: ["of-a-rotation-in-between-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe", SECRETS.secretKey]
}

const asks = (browser: Step["browser"], ...some: ReadonlyArray<Ask>): Flow =>
  some.map((ask, index) => ({
    browser,
    at: index % 2 === 0 ? "Django" : "the example",
    ask,
    session: "own",
    csrf: "own"
  }))

const login = (username: string): Ask => ({
  row: "POST /login",
  target: "/login",
  body: JSON.stringify({ username, password: "pw-0" })
})
const me: Ask = { row: "GET /me", target: "/me" }
const csrf: Ask = { row: "GET /csrf", target: "/csrf" }
const guarded: Ask = { row: "POST /protected", target: "/protected", body: "{}", token: "from /csrf" }

/** The state of both browsers under the old key: a logged-in user, and a token. Both sites know the session. */
const before: Flow = [
  ...asks(0, login("alice"), csrf),
  ...asks(1, csrf, login("carol"), { row: "POST /session", target: "/session", body: '{"a":1e5}' })
]
/** The requests that must still succeed under the new key. */
const after: Flow = [...asks(0, me, guarded, me), ...asks(1, guarded, me, me)]

export interface Rotation {
  /** The first flow that failed, and how it differs; `undefined` when none failed. */
  readonly failure: string | undefined
  /** The first answer that each of Django's users got after the rotation. */
  readonly greeted: ReadonlyArray<Exchange>
}

/** Walks `count` random flows. In the middle of each, all sites are restarted. */
export const runRotation = async (count: number, { restart, worlds }: Running): Promise<Rotation> => {
  const walks = fc.sample(flows, { numRuns: count, seed: seed + 1 }).map((flow) => ({
    flow,
    clients: { django: newClients(), example: newClients(), inTurns: newClients() }
  }))
  const halves = async (half: (flow: Flow) => ReadonlyArray<Flow>, among = worlds): Promise<ReadonlyArray<Walked>> => {
    const answers: Array<Walked> = []
    for (const { clients, flow } of walks) {
      const through = async ({ place, world }: Inhabited, own: Clients): Promise<ReadonlyArray<Exchange>> => {
        const exchanges: Array<Exchange> = []
        for (const part of half(flow)) {
          await place.restorePeople()
          exchanges.push(...(await walk(part, world, among.leavesOut, own)))
        }
        return exchanges
      }
      const reference = through(among.django, clients.django)
      const example = await through(among.example, clients.example)
      const inTurns = await through(among.inTurns, clients.inTurns)
      answers.push({ django: await reference, example, inTurns })
    }
    return answers
  }
  const first = await halves((flow) => [flow.slice(0, 12), before])
  const rotated = await restart(ROTATED)
  const second = await halves((flow) => [[...after, ...flow.slice(12)]], rotated)
  const failures = first.map((old, index) => {
    const late = second[index]
    const joined = (name: keyof Walked) => [...old[name], ...(late?.[name] ?? [])]
    const whole = { django: joined("django"), example: joined("example"), inTurns: joined("inTurns") }
    return toldDifferences(whole, rotated)
  })
  return {
    failure: failures.find((failure) => failure !== undefined),
    greeted: second.flatMap(({ django }) =>
      ([0, 1] as const).flatMap((browser) =>
        django.filter(({ step }) => step.browser === browser && step.ask.row === me.row).slice(0, 1)
      )
    )
  }
}
