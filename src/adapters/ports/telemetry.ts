/**
 * What an application can measure: spans, counters and durations. The names are public: dashboards and alerts use them.
 *
 * No attribute holds data of a request: no session key, no user, no address, no error message. Attributes are names of
 * operations, of store calls, of backends, of verdicts and of errors, all of which are in the code or in the settings,
 * so their number is limited.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"

/** The name of a counter. */
export type CounterName =
  | "latchkey.logins"
  | "latchkey.login.failures"
  | "latchkey.logouts"
  | "latchkey.session.conflicts"
  | "latchkey.csrf.refusals"
  | "latchkey.busy"
  | "latchkey.throttled"
  | "latchkey.device_verdict"
  | "latchkey.unavailable"

/** The counters, and what each counts. */
export const counters: Readonly<Record<CounterName, string>> = {
  "latchkey.logins": "Logins whose session was stored.",
  "latchkey.login.failures": "Credentials that no backend accepted.",
  "latchkey.logouts": "Logouts.",
  "latchkey.session.conflicts": "Writes of a session that another request had changed; they are retried.",
  "latchkey.csrf.refusals": "Requests that the CSRF check refused.",
  "latchkey.busy": "Operations that failed because too many passwords were being hashed.",
  "latchkey.throttled": "Attempts and requests that were refused because there were too many before.",
  "latchkey.device_verdict": "Requests with a session, by what they have shown about its device.",
  "latchkey.unavailable": "Operations that failed because a store or a backend did not answer."
}

/** The histogram of the durations of operations, in seconds. Attributes: `operation`, `outcome`. */
export const durationName = "latchkey.operation.duration"

/** The upper boundaries of the histogram's buckets, in seconds. */
export const durationBoundaries: ReadonlyArray<number> = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5
]

/** The attributes of a measurement. */
export type MeasuredAttributes = Readonly<Record<string, string>>

/** Where spans and measurements go. Without one, nothing is measured. */
export interface Telemetry {
  /** Makes the spans. Without it, the tracer of the Effect that runs the operation makes them. */
  readonly tracer?: Tracer.Tracer
  /** Adds 1 to a counter. */
  readonly count: (counter: CounterName, attributes: MeasuredAttributes) => Effect.Effect<void>
  /** Records the duration of an operation. */
  readonly measure: (seconds: number, attributes: MeasuredAttributes) => Effect.Effect<void>
  /**
   * Whether spans go anywhere now. `false`: none are made. Not given: always. Asked for each operation, so it must be
   * fast.
   */
  readonly receivesSpans?: () => boolean
  /** Whether counts and durations go anywhere now. `false`: none are taken. Not given: always. */
  readonly receivesMeasurements?: () => boolean
}

/** Whether spans are made now. */
export const makesSpans = ({ receivesSpans }: Telemetry): boolean => receivesSpans === undefined || receivesSpans()

/** Whether counts and durations are taken now. */
export const takesMeasurements = ({ receivesMeasurements }: Telemetry): boolean =>
  receivesMeasurements === undefined || receivesMeasurements()

/** The same; `undefined` while nothing receives spans or measurements, for example without an SDK. */
export const receiving = (telemetry: Telemetry | undefined): Telemetry | undefined =>
  telemetry !== undefined && (makesSpans(telemetry) || takesMeasurements(telemetry)) ? telemetry : undefined

/** Counts what an operation causes, and the operations around it. */
export class WorkCount {
  /** SQL statements that were sent, repeated ones included. */
  statements = 0
  /** Calls of session stores, user stores and backends. */
  storeCalls = 0
  readonly #enclosing: WorkCount | undefined

  constructor(enclosing: WorkCount | undefined) {
    this.#enclosing = enclosing
  }
  addStatement(): void {
    this.statements += 1
    this.#enclosing?.addStatement()
  }
  addStoreCall(): void {
    this.storeCalls += 1
    this.#enclosing?.addStoreCall()
  }
}

/** The count of the running operation; `undefined` if nothing is measured. */
export const CurrentWorkCount = Context.Reference<WorkCount | undefined>("latchkey/WorkCount", {
  defaultValue: () => undefined
})
