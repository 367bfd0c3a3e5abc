/**
 * Mails that are sent after the response. A mail waits here until one of a few parallel attempts is free, and after a
 * failed attempt for a longer and longer time. So neither a slow nor a failing mail server changes the time or the
 * content of a response.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import { ConfigurationInvalid, Tagged } from "../errors/errors.ts"
import { callable, checkOptions, type Kinds, number } from "../options/option-kinds.ts"
import { type Mail, MailDelayed, type Mailer, MailRefused, problemOfMail } from "../ports/mail.ts"

/** A mail to send, and what the log says if it is lost. */
export interface OutgoingMail {
  /** The mail. */
  readonly mail: Mail
  /** What the mail is for, such as `password reset`. For the log. */
  readonly purpose: string
  /** The id of the account that the mail is about. For the log, which never contains the address. */
  readonly userId?: string | undefined
}

/** The options of {@link mailQueue}. */
export interface MailQueueOptions {
  /** How many mails may be waiting or being sent. Default: 1000. */
  readonly maximumLength?: number
  /** How many mails may be sent at the same time. Default: 4. */
  readonly parallel?: number
  /** How long one attempt may take, in seconds. Default: 30. */
  readonly attemptSeconds?: number
  /** The pause after the first failed attempt, in seconds. It doubles with each further one, up to 300. Default: 5. */
  readonly retrySeconds?: number
  /** After this time a mail that could not be sent is lost, in seconds. Default: 900. */
  readonly deadlineSeconds?: number
  /** Called for each lost mail. Default: `console.error`. */
  readonly report?: (lost: MailLost) => void
}

/** Mails on their way. */
export interface MailQueue {
  /**
   * Takes a mail. Never throws or rejects: a mail that cannot be sent is reported.
   *
   * @returns whether the mail was sent, as soon as that is known. A server need not wait for it.
   */
  readonly send: (outgoing: OutgoingMail) => Promise<boolean>
  /**
   * Announces work that may send mails, so that {@link drain} waits for it. The account pages announce what they do
   * after a response. A queue without this function drains only mails that were sent before.
   *
   * @param work settles when its mails were sent or given to `send`
   */
  readonly expect?: (work: Promise<unknown>) => void
  /**
   * Waits until no mail and no announced work is left, for the shutdown of a server. Call it when the server has
   * finished its requests. Mails that are left after `seconds` (default 10) are lost and reported.
   */
  readonly drain: (options?: { readonly seconds?: number }) => Promise<void>
}

/** A mail was lost. Has no address and no text of the mail, so it may be logged. */
export class MailLost extends Tagged("MailLost")<{
  /** What the mail was for, such as `password reset`. */
  readonly purpose: string
  /** The id of the account that the mail was about. */
  readonly userId: string | undefined
  /** Why the mail was given up. */
  readonly reason: string
  /** The number of attempts. */
  readonly attempts: number
}> {
  override get message(): string {
    const account = this.userId === undefined ? "" : ` for account ${JSON.stringify(this.userId)}`
    return `a mail was lost (${this.purpose}${account}; attempts: ${this.attempts}): ${this.reason}`
  }
}

/** A mail in the queue. */
interface Place {
  readonly outgoing: OutgoingMail
  isBeingSent: boolean
  attempts: number
  /** Why the last attempt failed, or why the mail was given up. */
  reason: string
}

/**
 * A queue before a mailer, for a server. Its memory and the number of parallel connections are bounded. A mail that the
 * mail server does not accept yet (greylisting, an outage) is tried again until `deadlineSeconds` are over. Mails wait
 * in memory only: call `drain` before the process ends.
 *
 * If the queue is full, the account with the most waiting mails loses its newest one. So requests that name one account
 * again and again do not push out mails of other accounts.
 *
 * @throws {ConfigurationInvalid} if an option is invalid
 */
export const mailQueue = (mailer: Mailer, options: MailQueueOptions = {}): MailQueue => {
  const { attemptSeconds, deadlineSeconds, maximumLength, parallel, report, retrySeconds } = checked(options)
  const places = new Map<Place, Fiber.Fiber<void, unknown>>()
  const expected = new Set<Promise<unknown>>()
  const connections = Semaphore.makeUnsafe(parallel)
  const pauses = Schedule.min([Schedule.exponential(retrySeconds * 1000), Schedule.spaced(longestPauseSeconds * 1000)])

  const attempt = (place: Place): Effect.Effect<void, unknown> =>
    Effect.suspend(() => {
      const problem = problemOfMail(place.outgoing.mail)
      if (problem !== undefined) return Effect.fail(new MailRefused({ reason: problem }))
      place.attempts += 1
      place.isBeingSent = true
      place.reason = "it was still being sent"
      return Effect.tryPromise({
        try: async (signal) => mailer.send(place.outgoing.mail, { signal }),
        catch: (error) => error
      })
    }).pipe(
      Effect.timeoutOrElse({ duration: attemptSeconds * 1000, orElse: () => Effect.fail(tooSlow) }),
      Effect.tapError((error) =>
        Effect.sync(() => {
          place.reason = reasonOf(error)
        })
      ),
      Effect.ensuring(
        Effect.sync(() => {
          place.isBeingSent = false
        })
      )
    )

  const deliver = (place: Place): Effect.Effect<void, unknown> =>
    connections
      .withPermits(1)(attempt(place))
      .pipe(
        Effect.retry({ schedule: pauses, while: (error) => !(error instanceof MailRefused) }),
        Effect.timeoutOrElse({ duration: deadlineSeconds * 1000, orElse: () => Effect.fail(tooSlow) })
      )

  const giveUp = (place: Place, reason: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      const fiber = places.get(place)
      if (fiber === undefined) return Effect.void
      places.delete(place)
      place.reason = place.attempts === 0 ? reason : `${reason}; last attempt: ${place.reason}`
      return Fiber.interrupt(fiber)
    })

  const send = async (outgoing: OutgoingMail): Promise<boolean> => {
    const place: Place = { outgoing, isBeingSent: false, attempts: 0, reason: "it waited too long" }
    // The first attempt starts in a later turn of the event loop: no code of the mailer runs before `send` has
    // returned.
    const fiber = Effect.runFork(Effect.onExit(Effect.andThen(Effect.sleep(1), deliver(place)), leave(place)))
    places.set(place, fiber)
    const removed = places.size > maximumLength ? newestOfLargest([...places.keys()]) : undefined
    if (removed !== undefined) Effect.runFork(giveUp(removed, "the queue is full"))
    return Exit.isSuccess(await Effect.runPromise(Fiber.await(fiber)))
  }

  const leave =
    (place: Place) =>
    (exit: Exit.Exit<void, unknown>): Effect.Effect<void> =>
      Effect.sync(() => {
        places.delete(place)
        const { attempts, outgoing, reason } = place
        if (Exit.isFailure(exit))
          tell(report, new MailLost({ purpose: outgoing.purpose, userId: outgoing.userId, reason, attempts }))
      })

  /** Waits until no mail is left. */
  const empty: Effect.Effect<void> = Effect.suspend(() =>
    places.size === 0
      ? Effect.void
      : Effect.andThen(Fiber.awaitAll([...places.values()]), Effect.andThen(Effect.sleep(1), empty))
  )
  /** Waits until no mail and no announced work is left. */
  const idle: Effect.Effect<void> = Effect.suspend(() =>
    places.size === 0 && expected.size === 0
      ? Effect.void
      : Effect.promise(() => Promise.allSettled(expected)).pipe(Effect.andThen(empty), Effect.andThen(idle))
  )

  return {
    send,
    expect: (work) => {
      expected.add(work)
      const done = (): void => void expected.delete(work)
      work.then(done, done)
    },
    drain: async ({ seconds = 10 } = {}) => {
      const rest = Effect.suspend(() =>
        Effect.forEach([...places.keys()], (place) => giveUp(place, "the process ends"))
      )
      await Effect.runPromise(
        Effect.andThen(Effect.timeoutOption(idle, Math.max(0, seconds) * 1000), Effect.andThen(rest, empty))
      )
    }
  }
}

/** The longest pause between two attempts. */
const longestPauseSeconds = 300

const tooSlow = new MailDelayed({ reason: "the mail server took too long" })

/**
 * Which mail a full queue gives up: the newest mail of the account with the most mails. Mails that are being sent are
 * kept.
 */
const newestOfLargest = (places: ReadonlyArray<Place>): Place | undefined => {
  const waiting = places.filter(({ isBeingSent }) => !isBeingSent)
  const counts = new Map<string | undefined, number>()
  for (const { outgoing } of waiting) counts.set(outgoing.userId, (counts.get(outgoing.userId) ?? 0) + 1)
  const most = Math.max(...counts.values())
  return waiting.findLast(({ outgoing }) => counts.get(outgoing.userId) === most)
}

/** Why an attempt failed, for the log. Messages of foreign errors are left out: they often quote addresses. */
const reasonOf = (error: unknown): string => {
  if (error instanceof MailRefused || error instanceof MailDelayed) return error.reason
  if (!(error instanceof Error)) return `the mailer rejected with a ${typeof error}`
  return ["code" in error && typeof error.code === "string" ? `${error.name} ${error.code}` : error.name].join(" ")
}

const tell = (report: (lost: MailLost) => void, lost: MailLost): void => {
  try {
    report(lost)
  } catch (error) {
    console.error(error)
  }
}

const kinds: Kinds<MailQueueOptions> = {
  maximumLength: number,
  parallel: number,
  attemptSeconds: number,
  retrySeconds: number,
  deadlineSeconds: number,
  report: callable
}

const checked = (options: MailQueueOptions): Required<MailQueueOptions> => {
  checkOptions(options, kinds, "mailQueue.")
  const { attemptSeconds = 30, deadlineSeconds = 900, maximumLength = 1000, parallel = 4, retrySeconds = 5 } = options
  const counts = { maximumLength, parallel }
  const durations = { attemptSeconds, deadlineSeconds, retrySeconds }
  const problems = [
    ...Object.entries(counts)
      .filter(([, count]) => !(Number.isSafeInteger(count) && count > 0))
      .map(([name]) => `mailQueue.${name}: must be a whole number above 0`),
    ...Object.entries(durations)
      .filter(([, seconds]) => !(seconds > 0 && seconds <= longestDeadlineSeconds))
      .map(([name]) => `mailQueue.${name}: must be above 0 and at most ${longestDeadlineSeconds}`)
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  const { report = (lost) => console.error(`latchkey: ${lost.message}`) } = options
  return { ...counts, ...durations, report }
}

/** One week. Node's timers do not hold more than 24 days. */
const longestDeadlineSeconds = 7 * 24 * 60 * 60
