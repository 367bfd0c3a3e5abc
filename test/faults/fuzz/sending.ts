/** Sends hostile requests one at a time, and checks that each has one well-formed answer that costs little time. */
import { exchange, type Reply } from "../../full-stack/wire.ts"
import { problemsOfAnswer } from "./answer-checks.ts"
import type { FuzzedSite } from "./fuzzed-sites.ts"

/** The processor time that one request may cost. It is measured again before it is reported. */
const MOST_CPU_MS = 250

/** Sends one request. @returns its answer; `undefined` when something is wrong, which is reported */
export type Send = (site: FuzzedSite, bytes: Buffer) => Promise<Reply | undefined>

const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(since)
  return (system + user) / 1000
}

export const sender = (problems: Array<string>, counts: { requests: number }): Send => {
  return async (site, bytes) => {
    counts.requests++
    const before = problems.length
    const report = (problem: string) => {
      problems.push(`${site.name}: ${problem}: ${printable(bytes)}`)
    }
    let ms = Number.POSITIVE_INFINITY
    let replies: ReadonlyArray<Reply> = []
    for (let tries = 0; tries < 3 && ms > MOST_CPU_MS; tries++) {
      const since = process.cpuUsage()
      replies = await exchange(site.port, bytes, 60_000).catch((error: unknown) => {
        report(String(error))
        return []
      })
      ms = Math.min(ms, cpuMs(since))
    }
    const [reply, ...others] = replies
    if (ms > MOST_CPU_MS) report(`${Math.round(ms)} ms of processor time`)
    if (reply === undefined) report("no answer")
    else if (others.length > 0) report(`${replies.length} answers`)
    // A proof of a session that the store does not have may be tried again: its key may be changing.
    else if (
      reply.status >= 500 &&
      !(reply.status === 503 && /^\S+ (https?:\/\/[^/\s]*)?\/dbsc\//i.test(bytes.toString("latin1")))
    )
      report(`status ${reply.status}`)
    else for (const problem of problemsOfAnswer(reply)) report(problem)
    return problems.length === before ? reply : undefined
  }
}

/** A request as text, from which it can be sent again. */
const printable = (bytes: Buffer): string =>
  JSON.stringify(bytes.toString("latin1").slice(0, 1500)).replace(
    /[^ -~]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`
  )
