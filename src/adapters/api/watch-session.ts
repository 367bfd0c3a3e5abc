/** Watches the sessions of open connections, such as WebSockets. */
import type { SessionEnd } from "../../core/auth/sessions/session-watch.ts"
import * as Watch from "../../core/auth/sessions/session-watch.ts"
import type { SessionKey } from "../../core/session-key.ts"
import type { SessionWatch, SessionWatches } from "../account/session-watches.ts"
import { ConfigurationInvalid, StoreUnavailable } from "../errors/errors.ts"
import { callable, checkOptions, number } from "../options/option-kinds.ts"

export type { SessionEnd } from "../../core/auth/sessions/session-watch.ts"

/** The options of `onSessionEnd`. */
export interface SessionWatchOptions {
  /** How often the session is read again, in seconds: one statement for each connection. Default 30. */
  readonly everySeconds?: number
  /** How long a connection may stay open while its session cannot be read, in seconds. Default 300. */
  readonly graceSeconds?: number
  /**
   * How long one reading may take, in seconds. Default 10. A reading that takes longer counts as failed, and its answer
   * is not used any more.
   */
  readonly readSeconds?: number
  /** Called for each reading that fails. Default: a line on the console, once for each connection and outage. */
  readonly onOutage?: (error: unknown) => void
}

/** The user of a session: the whole identity, and the primary key as text. */
export interface WatchedUser {
  readonly identity: string
  readonly id: string
}

/** In Node, a timer that is longer runs out immediately. */
const longestTimer = 2 ** 31 - 1

interface Parts {
  readonly watches: SessionWatches
  readonly key: SessionKey | undefined
  /** Reads the session and its user again. */
  readonly read: () => Promise<WatchedUser | undefined>
  readonly onEnd: (why: SessionEnd) => unknown
  readonly options: SessionWatchOptions
}

/** @returns a function that ends the watch, for a connection that was closed */
export const watchSession = ({ key, onEnd, options, read, watches }: Parts): (() => void) => {
  const kinds = { everySeconds: number, graceSeconds: number, readSeconds: number, onOutage: callable }
  checkOptions(options, kinds, "onSessionEnd: ")
  const { everySeconds = 30, graceSeconds = 300, readSeconds = 10 } = options
  if (!(everySeconds > 0) || !(graceSeconds >= 0) || !(readSeconds > 0))
    throw new ConfigurationInvalid({
      problems: ["onSessionEnd: everySeconds and readSeconds must be above 0, and graceSeconds 0 or more"]
    })
  let watched: Watch.Watched = { user: undefined, verifiedAt: performance.now() }
  let userId: string | undefined
  let timer: NodeJS.Timeout | undefined
  let [isOver, isReading, isDue, isReported] = [false, false, false, false]

  const report = (error: unknown): void => {
    try {
      if (options.onOutage !== undefined) options.onOutage(error)
      else if (!isReported)
        console.error("latchkey: the session of an open connection could not be read; it is tried again")
    } catch {
      // The watch must go on, or the connection would stay open without end.
      console.error("latchkey: onOutage of onSessionEnd threw an error")
    }
    isReported = true
  }
  const reading = async (): Promise<Watch.Reading> => {
    try {
      const user = await within(readSeconds, read())
      userId = user?.id
      isReported = false
      return { _tag: "Read", user: user?.identity }
    } catch (error) {
      report(error)
      return { _tag: "Outage" }
    }
  }
  const ended = async (why: SessionEnd): Promise<void> => {
    try {
      await onEnd(why)
    } catch (error) {
      console.error("latchkey: the callback of onSessionEnd failed", error)
    }
  }
  const check = async (): Promise<void> => {
    // A change while the session is being read may come too late for this reading.
    isDue = true
    if (isReading) return
    isReading = true
    clearTimeout(timer)
    while (isDue && !isOver) {
      isDue = false
      const begunAt = performance.now()
      const next = Watch.watch(watched, await reading(), { begunAt, now: performance.now() }, graceSeconds)
      if (typeof next === "object") watched = next
      else if (!isOver) {
        stop()
        await ended(next)
      }
    }
    isReading = false
    if (!isOver) timer = setTimeout(check, Math.min(everySeconds * 1000, longestTimer)).unref()
  }
  const watch: SessionWatch | undefined =
    key === undefined ? undefined : { key, userId: () => userId, recheck: () => void check() }
  const stop = (): void => {
    isOver = true
    clearTimeout(timer)
    if (watch !== undefined) watches.remove(watch)
  }
  if (watch !== undefined) watches.add(watch)
  void check()
  return stop
}

/** @throws {StoreUnavailable} if the promise settles too late, or never */
const within = async <A>(seconds: number, promise: Promise<A>): Promise<A> => {
  const tooLate = Promise.withResolvers<never>()
  const cause = `no answer after ${seconds} seconds`
  const timer = setTimeout(
    () => tooLate.reject(new StoreUnavailable({ operation: "read the session of an open connection", cause })),
    Math.min(seconds * 1000, longestTimer)
  )
  timer.unref()
  try {
    return await Promise.race([promise, tooLate.promise])
  } finally {
    clearTimeout(timer)
  }
}
