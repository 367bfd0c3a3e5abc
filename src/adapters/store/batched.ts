import * as Effect from "effect/Effect"
import { CurrentWorkCount, WorkCount } from "../ports/telemetry.ts"
import { CurrentStoreTime, giveUpAfter, type StoreTime } from "../store-time/store-time.ts"

/** The limits of the calls of {@link batched}. */
export interface BatchLimits<Failure> {
  /** How many calls are answered together at most. */
  readonly most: number
  /** How long the store itself lets these calls take at most, in milliseconds: {@link batched} does not end them then. */
  readonly milliseconds: number
  /** The failure of a call whose request may not wait for stores that long: only such a call is ended earlier. */
  readonly tooLate: () => Failure
}

/**
 * Makes a function whose calls in one turn of Node's event loop are answered together: requests that arrive at the same
 * time then share a statement. A call alone waits for nothing but the end of the turn. As many calls as are answered
 * together do not wait for it, so that the store works while this process reads the next requests.
 *
 * @param ask finds something for each, at its place in the array; if it fails, all of these calls fail
 * @param answer the answer to a call, from what was found for it
 */
export const batched = <Wanted, Found, Answer, Failure>(
  ask: (wanted: ReadonlyArray<Wanted>) => Effect.Effect<ReadonlyArray<Found | undefined>, Failure>,
  answer: (wanted: Wanted, found: Found | undefined) => Answer,
  { milliseconds, most, tooLate }: BatchLimits<Failure>
): ((wanted: Wanted) => Effect.Effect<Answer, Failure>) => {
  interface Call {
    readonly wanted: Wanted
    readonly work: WorkCount | undefined
    readonly time: StoreTime | undefined
    /** Cancels the end of this call before the others, if its request may not wait that long. */
    readonly cancel: (() => void) | undefined
    readonly resume: (answer: Effect.Effect<Answer, Failure>) => void
  }
  let waiting: Array<Call> = []
  let willFlush = false

  const atEndOfTurn = () => {
    willFlush = false
    if (waiting.length > 0) flush()
  }

  const flush = () => {
    const calls = waiting
    waiting = []
    const asked = Effect.suspend(() => ask(calls.map(({ wanted }) => wanted)))
    const works = calls.flatMap(({ work }) => work ?? [])
    Effect.runCallback(
      works.length === 0 ? asked : Effect.provideService(asked, CurrentWorkCount, new SharedWork(works)),
      {
        onExit: (exit) => {
          const now = performance.now()
          calls.forEach(({ cancel, resume, time, wanted }, place) => {
            time?.end(now)
            cancel?.()
            resume(
              exit._tag === "Failure"
                ? Effect.failCause(exit.cause)
                : Effect.sync(() => answer(wanted, exit.value[place]))
            )
          })
        }
      }
    )
  }

  return (wanted) =>
    Effect.withFiber((fiber) => {
      const work = fiber.getRef(CurrentWorkCount)
      const time = fiber.getRef(CurrentStoreTime)
      const rest = time === undefined ? milliseconds : time.start(performance.now())
      if (rest <= 0) return Effect.fail(tooLate())
      return Effect.callback((resume) => {
        const giveUp = () => {
          time?.exhaust()
          resume(Effect.fail(tooLate()))
        }
        const cancel = rest < milliseconds ? giveUpAfter(rest, giveUp) : undefined
        waiting.push({ wanted, work, time, cancel, resume })
        if (waiting.length >= most) flush()
        else if (!willFlush) {
          willFlush = true
          setImmediate(atEndOfTurn)
        }
      })
    })
}

/** Each of the operations has caused the whole work. */
class SharedWork extends WorkCount {
  readonly #works: ReadonlyArray<WorkCount>

  constructor(works: ReadonlyArray<WorkCount>) {
    super(undefined)
    this.#works = works
  }
  override addStatement(): void {
    for (const work of this.#works) work.addStatement()
  }
  override addStoreCall(): void {
    for (const work of this.#works) work.addStoreCall()
  }
}
