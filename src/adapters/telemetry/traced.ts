/**
 * Spans and measurements of operations and store calls. Without `telemetry`, and while nothing receives them, each
 * function returns what it is given.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import {
  type CounterName,
  CurrentWorkCount,
  makesSpans,
  type Telemetry,
  takesMeasurements,
  WorkCount
} from "../ports/telemetry.ts"

/** What {@link tracedCall} needs of the services. */
interface Traceable {
  readonly telemetry: Telemetry | undefined
}

/** Runs an operation of a request in a span `latchkey.<operation>`, and measures it. */
export const tracedOperation = <A, E>(
  telemetry: Telemetry | undefined,
  operation: string,
  effect: Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  if (telemetry === undefined) return effect
  const spanned = makesSpans(telemetry) ? inSpan(telemetry, operation, effect) : effect
  return takesMeasurements(telemetry) ? measuredBy(telemetry, operation, spanned) : spanned
}

const measuredBy = <A, E>(
  { count, measure }: Telemetry,
  operation: string,
  effect: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const startedAt = performance.now()
    const finished = (exit: Exit.Exit<A, E>): Effect.Effect<void> => {
      const outcome = outcomeOf(exit)
      const counter = counterOf(operation, outcome)
      const measured = measure((performance.now() - startedAt) / 1000, { operation, outcome })
      return counter === undefined ? measured : Effect.andThen(measured, count(counter, { operation, error: outcome }))
    }
    return Effect.onExit(effect, finished)
  })

/** Runs a call of a store or backend in a span `latchkey.<name>`, a child of the span of the operation. */
export const tracedCall = <A, E>(
  { telemetry }: Traceable,
  name: string,
  call: Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  if (telemetry === undefined || !makesSpans(telemetry)) return call
  const counted = Effect.withFiber<A, E>((fiber) => {
    fiber.getRef(CurrentWorkCount)?.addStoreCall()
    return call
  })
  return inSpan(telemetry, name, counted)
}

/** Adds 1 to a counter. */
export const counted = (
  { telemetry }: Traceable,
  counter: CounterName,
  attributes: Readonly<Record<string, string>> = {}
): Effect.Effect<void> =>
  telemetry === undefined || !takesMeasurements(telemetry) ? Effect.void : telemetry.count(counter, attributes)

const inSpan = <A, E>({ tracer }: Telemetry, name: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  const inside = Effect.withFiber<A, E>((fiber) => {
    const { span } = fiber.cache
    const work = new WorkCount(fiber.getRef(CurrentWorkCount))
    return Effect.onExit(Effect.provideService(effect, CurrentWorkCount, work), (exit) =>
      Effect.sync(() => {
        if (span?._tag !== "Span") return
        span.attribute("latchkey.statements", work.statements)
        span.attribute("latchkey.store_calls", work.storeCalls)
        const outcome = outcomeOf(exit)
        if (outcome !== "ok") span.attribute("error.type", outcome)
      })
    )
  })
  const spanned = Effect.withSpan(inside, `latchkey.${name}`, { captureStackTrace: false })
  return tracer === undefined ? spanned : Effect.withTracer(spanned, tracer)
}

/** `ok`, the tag of the error, `interrupted`, or `defect`. */
const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "ok"
  const error = Cause.findErrorOption(exit.cause)
  const tag: unknown = error._tag === "Some" ? Object(error.value)._tag : undefined
  if (typeof tag === "string") return tag
  return Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "defect"
}

/** The counter of a failure. The tags are those of `errors.ts`. */
const counterOf = (operation: string, outcome: string): CounterName | undefined => {
  switch (outcome) {
    case "Busy":
      return "latchkey.busy"
    case "StoreUnavailable":
    case "BackendUnavailable":
      return "latchkey.unavailable"
    case "CsrfFailed":
      // After a refusal, other operations of the request fail with this error too.
      return operation === "checkAccess" || operation === "verifyCsrf" ? "latchkey.csrf.refusals" : undefined
    default:
      return undefined
  }
}
