/**
 * Finds out, without waiting for a length of time, whether anything in this process still runs by itself. The functions
 * are those of the moment when this module is loaded: a test may replace timers later.
 */
const nextRound = globalThis.setImmediate
const later = globalThis.setTimeout
const clear = globalThis.clearTimeout
const now = performance.now.bind(performance)

/** Waits until every callback that is due now has run. */
export const round = (): Promise<void> => new Promise((resolve) => nextRound(resolve))

/** Milliseconds of real time. */
export const realTime = now

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

/** What Node knows to be at work: names such as `Timeout`, `TCPSocketWrap`, `FSReqPromise`; one for each. */
export const atWork = (): ReadonlyArray<string> =>
  typeof process.getActiveResourcesInfo === "function" ? process.getActiveResourcesInfo() : []

/** Whether callbacks are due in the next round. */
export const hasImmediates = (): boolean => atWork().includes("Immediate")

/** What is at work now and was not before. */
export const newlyAtWork = (before: ReadonlyArray<string>): ReadonlyArray<string> => {
  const left = [...before]
  return atWork().filter((name) => {
    const at = left.indexOf(name)
    if (at >= 0) left.splice(at, 1)
    return at < 0 && name !== "Immediate"
  })
}

/** Whether a test has replaced the timers, so that what a request waits for may never come. */
export const hasFakeTimers = (): boolean => globalThis.setTimeout !== later || globalThis.setImmediate !== nextRound
