import * as Effect from "effect/Effect"
import { CurrentWorkCount, WorkCount } from "../ports/telemetry.ts"

/**
 * Makes a function whose calls in one turn of Node's event loop are answered together: requests that arrive at the same
 * time then share a statement. A call alone waits for nothing but the end of the turn.
 *
 * @param ask finds the answer to each, by its place in the array; if it fails, all of these calls fail
 * @param most how many calls are answered together at most
 */
export const batched = <Wanted, Answer, Failure>(
  ask: (wanted: ReadonlyArray<Wanted>) => Effect.Effect<(place: number) => Answer, Failure>,
  most: number
): ((wanted: Wanted) => Effect.Effect<Answer, Failure>) => {
  interface Call {
    readonly wanted: Wanted
    readonly work: WorkCount | undefined
    readonly resume: (answer: Effect.Effect<Answer, Failure>) => void
  }
  let waiting: Array<Call> = []

  const flush = () => {
    const calls = waiting
    waiting = []
    for (let from = 0; from < calls.length; from += most) answer(calls.slice(from, from + most))
  }

  const answer = (calls: ReadonlyArray<Call>) => {
    const asked = Effect.suspend(() => ask(calls.map(({ wanted }) => wanted)))
    const works = calls.flatMap(({ work }) => work ?? [])
    Effect.runCallback(
      works.length === 0 ? asked : Effect.provideService(asked, CurrentWorkCount, new SharedWork(works)),
      {
        onExit: (exit) => {
          calls.forEach(({ resume }, place) => {
            resume(exit._tag === "Failure" ? Effect.failCause(exit.cause) : Effect.succeed(exit.value(place)))
          })
        }
      }
    )
  }

  return (wanted) =>
    Effect.withFiber((fiber) => {
      const work = fiber.getRef(CurrentWorkCount)
      return Effect.callback((resume) => {
        if (waiting.length === 0) setImmediate(flush)
        waiting.push({ wanted, work, resume })
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
