/**
 * Finds out, without waiting for a fixed time, whether any work of this process is still pending. The timer functions
 * are read when this module is loaded, because a test may replace them later.
 */
const nextRound = globalThis.setImmediate
const later = globalThis.setTimeout
const clear = globalThis.clearTimeout
const now = performance.now.bind(performance)

/** Waits until every callback that is due now has run. */
export const round = (): Promise<void> => new Promise((resolve) => nextRound(resolve))

/**
 * A wait of a few milliseconds that lasts longer than this says only that the machine was busy with other processes.
 */
const longestCounted = 10

/**
 * Counts the milliseconds that this process waits. Each call adds the time since the last one, and at most ten
 * milliseconds: while the machine runs other processes, a request of this process can do nothing.
 */
export const stopwatch = (): (() => number) => {
  let [waited, last] = [0, now()]
  return () => {
    const time = now()
    waited += Math.min(time - last, longestCounted)
    last = time
    return waited
  }
}

/** Waits for `milliseconds` of real time, or until `stop` is called. */
export const pause = (milliseconds: number): { readonly over: Promise<void>; readonly stop: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = later(resolve, milliseconds)
  return {
    over: promise,
    stop: () => {
      clear(timer)
      resolve()
    }
  }
}

/** The pending work that Node reports, one name for each: `Timeout`, `TCPSocketWrap`, `FSReqPromise` and so on. */
export const atWork = (): ReadonlyArray<string> =>
  typeof process.getActiveResourcesInfo === "function" ? process.getActiveResourcesInfo() : []

/** Whether callbacks are due in the next round. */
export const hasImmediates = (): boolean => atWork().includes("Immediate")

/**
 * What this process prints, and another process has not read yet: logs of the application, results of a test runner. No
 * request waits for it.
 */
const printed = (): ReadonlyArray<string> =>
  [process.stdout, process.stderr].flatMap(({ writableLength }) => (writableLength > 0 ? ["SimpleWriteWrap"] : []))

/** The pending work that was not pending before. */
export const newlyAtWork = (before: ReadonlyArray<string>): ReadonlyArray<string> => {
  const left = [...before, ...printed()]
  return atWork().filter((name) => {
    const at = left.indexOf(name)
    if (at >= 0) left.splice(at, 1)
    return at < 0 && name !== "Immediate"
  })
}

/** Whether a test has replaced the timers, so that a request may wait without end. */
export const hasFakeTimers = (): boolean => globalThis.setTimeout !== later || globalThis.setImmediate !== nextRound
