/** What the page on scaling says of the runs of `npm run bench:growth`. */
import { type Run, total } from "./growth-results.ts"
import type { ClearResult, SizeResult } from "./postgres-growth.ts"

const missing = "Not measured yet."
const count = (value: number) => value.toLocaleString("en")
const megabytes = (bytes: number) => `${count(Math.round(bytes / 1e6))} MB`

/** `3`, or with different values `3 to 5`. */
export const span = (values: ReadonlyArray<number>, text: (value: number) => string): string => {
  const [low, high] = [text(Math.min(...values)), text(Math.max(...values))]
  return low === high ? low : `${low} to ${high}`
}

/** The run with the largest table. */
export const largestRun = (runs: ReadonlyArray<Run>): Run | undefined =>
  runs.toSorted((a, b) => (a.sizes.at(-1)?.sessions ?? 0) - (b.sizes.at(-1)?.sessions ?? 0)).at(-1)

/** The run between whose smallest and largest table the factor is largest. */
const widest = (runs: ReadonlyArray<Run>): Run | undefined => {
  const factor = ({ sizes }: Run) => (sizes.at(-1)?.sessions ?? 1) / (sizes[0]?.sessions ?? 1)
  return runs.toSorted((a, b) => factor(a) - factor(b)).at(-1)
}

/** How much more a request costs with the largest table than with the smallest. */
export const growthOfCost = (runs: ReadonlyArray<Run>): string => {
  const run = widest(runs)
  const [first, last] = [run?.sizes[0], run?.sizes.at(-1)]
  if (first === undefined || last === undefined || first === last) return missing
  const times = (page: "read" | "login" | "logout") => (total(last[page]) / total(first[page])).toFixed(2)
  return `With ${count(last.sessions)} sessions instead of ${count(first.sessions)}, the CPU time of application and PostgreSQL together is ${times("read")} times as long for a read, ${times("login")} times for a login and ${times("logout")} times for a logout.`
}

/** The largest measured table whose size is known. */
export const largestTable = (runs: ReadonlyArray<Run>): Required<SizeResult> | undefined =>
  runs
    .flatMap(({ sizes }) => sizes)
    .filter((size): size is Required<SizeResult> => size.bytes !== undefined && size.indexBytes !== undefined)
    .toSorted((a, b) => a.sessions - b.sessions)
    .at(-1)

/** The bytes of a session in Redis, where most were stored. */
export const redisBytes = (runs: ReadonlyArray<Run>): number | undefined =>
  runs
    .flatMap(({ redis }) => redis)
    .toSorted((a, b) => a.sessions - b.sessions)
    .at(-1)?.bytesPerSession

/** What sessions and waiting requests take. */
export const storage = (runs: ReadonlyArray<Run>): string => {
  const table = largestTable(runs)
  const redis = redisBytes(runs)
  const [own, bare] = [runs.map(({ inFlight }) => inFlight.latchkey), runs.map(({ inFlight }) => inFlight.bare)]
  if (table === undefined || redis === undefined || own.length === 0) return missing
  const million = 1e6 / table.sessions
  const kilobytes = (value: number) => String(Math.round(value))
  return [
    `A million sessions take ${megabytes(table.bytes * million)} in PostgreSQL, ${megabytes(table.indexBytes * million)} of it indexes (freshly made; indexes that grow row by row are larger), and ${megabytes(redis * 1e6)} in Redis.`,
    `1,000 requests that wait in their handlers after \`getUser\` take ${span(own, kilobytes)} MB together, on a bare Node server ${span(bare, kilobytes)} MB.`
  ].join(" ")
}

/** The runs that removed expired sessions. */
const clearings = (runs: ReadonlyArray<Run>) =>
  runs.flatMap(({ cleared, sizes }) => {
    const live = sizes.at(-1)?.sessions
    return cleared === undefined || live === undefined ? [] : [{ cleared, live }]
  })

const perSecond = ({ removed, seconds }: ClearResult) => removed / seconds

/** Rows a second that `clearSessions` removes, in thousands. */
export const clearedPerSecond = (runs: ReadonlyArray<Run>): string =>
  span(
    clearings(runs).map(({ cleared }) => perSecond(cleared)),
    (rows) => count(Math.round(rows / 1000) * 1000)
  )

/** How long `clearSessions` takes, and reads beside it. */
export const clearing = (runs: ReadonlyArray<Run>): string => {
  const each = clearings(runs)
  if (each.length === 0) return missing
  const took = each.map(({ cleared: { removed, seconds, tenths }, live }) => {
    const tenth = span(tenths, (value) => value.toFixed(1))
    return `${count(removed)} expired rows beside ${count(live)} live ones took ${seconds.toFixed(0)} s, each tenth of them ${tenth} s`
  })
  const waits = span(
    each.map(({ cleared: { before, during } }) => during.p50 / before.p50),
    (value) => value.toFixed(1)
  )
  return `${took.join("; ")}. Reads at the same time waited ${waits} times as long in the median, because all share two cores.`
}
