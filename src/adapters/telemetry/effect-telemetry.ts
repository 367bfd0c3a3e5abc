/** Spans and metrics through Effect, for applications whose Effect exports them, such as by its `Otlp` module. */
import * as Metric from "effect/Metric"
import { type CounterName, counters, durationBoundaries, durationName, type Telemetry } from "../ports/telemetry.ts"

/**
 * Measures with Effect's `Metric`, and makes spans with the tracer of the Effect that runs the operation. For the
 * option `telemetry` of `createAuth`, with `latchkey/effect-http`.
 */
export const effectTelemetry = (): Telemetry => {
  const duration = Metric.histogram(durationName, {
    description: "How long an operation took, in seconds.",
    boundaries: durationBoundaries
  })
  return {
    count: (name: CounterName, attributes) =>
      Metric.update(
        Metric.withAttributes(Metric.counter(name, { description: counters[name], incremental: true }), attributes),
        1
      ),
    measure: (seconds, attributes) => Metric.update(Metric.withAttributes(duration, attributes), seconds)
  }
}
