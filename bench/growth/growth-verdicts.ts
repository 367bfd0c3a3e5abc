/** Whether requests stay flat: what each takes with more sessions, divided by what it takes with the fewest. */
import { type Run, total } from "./growth-results.ts"
import type { Cost } from "./postgres-growth.ts"
import type { RedisResult } from "./redis-growth.ts"

/** At most so many times what the smallest table takes. */
export const limit = 1.5

const figures = ["cpu", "p50", "p99"] as const
type Figure = (typeof figures)[number]
/** CPU time of a request, in microseconds; the median wait and the 99th percentile, in milliseconds. */
type Taken = Readonly<Record<Figure, number>>

/** One kind of request with one number of sessions. */
export interface Growth {
  /** `read`; in Redis `read in Redis`. */
  readonly request: string
  readonly sessions: number
  /** Divided by those with the fewest sessions. */
  readonly times: Taken
  /** Of the figures, those that are above the limit. */
  readonly missed: ReadonlyArray<Figure>
}

const takenOf = (cost: Cost): Taken => ({ cpu: total(cost), p50: cost.p50, p99: cost.p99 })
const takenInRedis = ({ p50, p99, read }: RedisResult): Taken => {
  const cpu = read.split(" + ").reduce((sum, part) => sum + Number(part), 0)
  return { cpu, p50, p99 }
}

/** @param first what the request takes with the fewest sessions */
const growth = (request: string, sessions: number, taken: Taken, first: Taken): Growth => {
  const times = { cpu: taken.cpu / first.cpu, p50: taken.p50 / first.p50, p99: taken.p99 / first.p99 }
  return { request, sessions, times, missed: figures.filter((figure) => !(times[figure] <= limit)) }
}

export const growthOf = (first: Cost, cost: Cost, page: string, sessions: number): Growth =>
  growth(page, sessions, takenOf(cost), takenOf(first))

export const growthInRedis = (first: RedisResult, result: RedisResult): Growth =>
  growth("read in Redis", result.sessions, takenInRedis(result), takenInRedis(first))

const pages = ["read", "login", "logout"] as const

/** Of each request and each size but the smallest. */
const allGrowth = ({ redis, sizes }: Run): ReadonlyArray<Growth> => {
  const [[first, ...larger], [least, ...more]] = [sizes, redis]
  return [
    ...(first === undefined
      ? []
      : pages.flatMap((page) => larger.map((size) => growthOf(first[page], size[page], page, size.sessions)))),
    ...(least === undefined ? [] : more.map((result) => growthInRedis(least, result)))
  ]
}

/** The smallest sizes, measured a second time: what differs is not because of the sessions. */
const again = ({ again, redis, sizes }: Run): ReadonlyArray<Growth> => {
  const [[first], [least]] = [sizes, redis]
  const second = again?.postgres
  return [
    ...(first === undefined || second === undefined
      ? []
      : pages.map((page) => growthOf(first[page], second[page], page, first.sessions))),
    ...(least === undefined || again?.redis === undefined ? [] : [growthInRedis(least, again.redis)])
  ]
}

/** As a cell of a table. */
export const verdictText = ({ missed }: Growth): string =>
  missed.length === 0 ? "reached" : `missed: ${missed.map((figure) => shortNames[figure]).join(", ")}`
const shortNames = { cpu: "CPU", p50: "p50", p99: "p99" }
const longNames = { cpu: "CPU time", p50: "the median wait", p99: "the 99th percentile of the wait" }

const factor = (value: number) => value.toFixed(2)
const list = new Intl.ListFormat("en")

/** Which figures stay within the limit, and how far they vary for other reasons than the number of sessions. */
export const flatness = (runs: ReadonlyArray<Run>): string => {
  const all = runs.flatMap(allGrowth)
  if (all.length === 0) return "Not measured yet."
  const sentences = figures.map((figure) => {
    const missed = all.filter((each) => each.missed.includes(figure))
    const [least, most] = [Math.min(...all.map(({ times }) => times[figure])), highest(all, figure)]
    const name = longNames[figure]
    const reached = `${name} reached it in ${all.length - missed.length} of ${all.length} rows (${factor(least)} to ${factor(most)} times)`
    if (missed.length === 0) return `${reached}.`
    const rows = missed.map(({ request, sessions }) => `${request} with ${sessions.toLocaleString("en")} sessions`)
    return `${reached}, and missed it in: ${list.format(rows)}.`
  })
  const capital = sentences.map((sentence) => sentence.charAt(0).toUpperCase() + sentence.slice(1))
  return [
    `The goal is at most ${limit} times what a request takes with the fewest sessions.`,
    ...capital,
    noise(runs, all)
  ].join(" ")
}

const highest = (all: ReadonlyArray<Growth>, figure: Figure) => Math.max(...all.map(({ times }) => times[figure]))

/** How far the 99th percentile varies on the machine by itself. */
const noise = (runs: ReadonlyArray<Run>, all: ReadonlyArray<Growth>): string => {
  const same = runs.flatMap(again)
  const apart = Math.max(...same.map(({ times: { p99 } }) => Math.max(p99, 1 / p99)))
  const fallen = Math.max(...all.map(({ times: { p99 } }) => 1 / p99))
  if (same.length > 0)
    return `The same tables measured a second time, in turns with the first, differ by a factor of up to ${factor(apart)} in this percentile: other load on the machine does that.`
  return fallen > limit
    ? `This percentile says little about the number of sessions, because with more of them it also falls, by a factor of up to ${factor(fallen)}: other load on the machine does that. The smallest sizes were not measured a second time.`
    : "How far this percentile varies with the same number of sessions was not measured."
}
