/** Starts a site again and again, and kills its process while browsers use it. */
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { users } from "../../full-stack/site.ts"
import { start } from "../../rig/child.ts"
import type { Dice } from "../dice.ts"
import { Flow, isSame } from "./flow.ts"
import type { Rows, SessionRow } from "./session-rows.ts"

export interface KillOptions {
  readonly kills: number
  /** It ends after so many seconds, if need be with fewer kills. */
  readonly seconds: number
  readonly dice: Dice
  readonly rows: Rows
  /** The environment of the site. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly userIdOf: (username: string) => Promise<string>
  /** Whether the store renews a key in one step. If not, both keys may exist after a kill. */
  readonly atomicSwap: boolean
}

export interface KillReport {
  /** How often the site was killed. */
  readonly kills: number
  readonly acknowledged: number
  /** Requests that were answered with 503. */
  readonly refused: number
  /** How many kills came while a request was in flight that had been carried out. */
  readonly carriedOut: number
  readonly problems: ReadonlyArray<string>
}

export const killRounds = async (options: KillOptions): Promise<KillReport> => {
  const { dice, env, kills, rows, seconds, userIdOf } = options
  let flows: ReadonlyArray<Flow> = []
  let carriedOut = 0
  const problems: Array<string> = []
  /** Sessions whose key no browser knows. */
  const orphans = new Map<string, string>()

  const end = performance.now() + seconds * 1000
  let kill = 1
  for (; kill <= kills && problems.length < 5 && performance.now() < end; kill++) {
    const site = start(process.execPath, [join(import.meta.dirname, "killed-site.ts")], { env })
    const [, url = ""] = await site.printed(/listening on (\S+)/)
    if (flows.length === 0)
      flows = await Promise.all(users.map(async (name, n) => new Flow(n, name, await userIdOf(name), dice)))
    for (const flow of flows) problems.push(...(await wrongVisit(flow, url)))

    const running = flows.map((flow) => flow.run(url))
    // A number of requests, so that a slow machine does as much before the kill, and then a part of one.
    const enough = acknowledgedBy(flows) + dice.below(40)
    const end = Promise.all(running).then(() => "ended")
    while (acknowledgedBy(flows) < enough && (await Promise.race([end, sleep(2)])) !== "ended") {}
    await sleep(dice.below(12))
    await site.kill()
    await Promise.all(running)
    await rows.settle()

    const [found, forwarded] = [await rows.all(), await rows.forwarded()]
    for (const [key, text] of orphans) {
      const now = found.find((row) => row.key === key)?.text
      // A renewal that was killed late has left both rows: killed-move.test.ts shows that a logout ends them both.
      const hasEnded = now === undefined && forwarded.has(key)
      if (now !== text && !hasEnded) problems.push(`kill ${kill}: a session that no browser knows has changed`)
      await rows.remove(key)
    }
    const others = found.filter(({ key }) => !orphans.has(key))
    orphans.clear()
    for (const flow of flows) {
      const own = others.filter(flow.owns)
      const is = options.atomicSwap ? stateOf(flow, own) : stateOfEither(flow, own)
      problems.push(...flow.problems.splice(0).map((problem) => `kill ${kill}: ${flow.username}: ${problem}`))
      if (is === undefined) {
        problems.push(
          `kill ${kill}: ${flow.username}: ${JSON.stringify({ before: flow.before, after: flow.after, own })}`
        )
        continue
      }
      if (is === "after") carriedOut++
      const known = flow.cookie
      for (const { key, text } of own) if (key !== known) orphans.set(key, text)
      flow.settle(is)
    }
    const strangers = others.filter((row) => !flows.some((flow) => flow.owns(row)))
    if (strangers.length > 0) problems.push(`kill ${kill}: ${strangers.length} sessions of no flow`)
  }
  const refused = flows.reduce((sum, flow) => sum + flow.refused, 0)
  return { kills: kill - 1, acknowledged: acknowledgedBy(flows), refused, carriedOut, problems }
}

const acknowledgedBy = (flows: ReadonlyArray<Flow>): number =>
  flows.reduce((sum, { acknowledged }) => sum + acknowledged, 0)

/** @returns `undefined` if the stored sessions are neither as before nor as after the request in flight */
const stateOf = ({ after, before }: Flow, own: ReadonlyArray<SessionRow>): "before" | "after" | undefined => {
  const [row, ...more] = own
  if (more.length > 0) return undefined
  if (row === undefined) return before === undefined ? "before" : after === undefined ? "after" : undefined
  if (before !== undefined && isSame(row, before)) return "before"
  if (after === undefined || !isSame(row, after)) return undefined
  // A renewed key is a new one.
  return after.key === undefined && row.key === before?.key ? undefined : "after"
}

/** The same where both keys may exist. The former one must then be unchanged. */
const stateOfEither = (flow: Flow, own: ReadonlyArray<SessionRow>): "before" | "after" | undefined => {
  const { after, before } = flow
  if (own.length !== 2 || before === undefined || after?.key !== undefined || after === undefined)
    return stateOf(flow, own)
  const former = own.find(({ key }) => key === before.key)
  const renewed = own.find(({ key }) => key !== before.key)
  return former !== undefined && renewed !== undefined && isSame(former, before) && isSame(renewed, after)
    ? "before"
    : undefined
}

/** What is wrong with the answer that a browser gets after the server was started again. */
const wrongVisit = async (flow: Flow, url: string): Promise<ReadonlyArray<string>> => {
  const expected = flow.expectedVisit
  let answer = await flow.visit(url)
  // The machine may be too busy for the deadline.
  for (let tries = 0; answer.startsWith("503") && tries < 5; tries++) answer = await flow.visit(url)
  return answer === expected ? [] : [`${flow.username} got ${answer} instead of ${expected}`]
}
