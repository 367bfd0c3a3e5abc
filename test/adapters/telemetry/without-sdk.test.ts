/** `openTelemetry()` while no SDK is registered, and after one is. The SDK is registered for this process. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { metrics, trace } from "@opentelemetry/api"
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace"
import * as Effect from "effect/Effect"
import { afterAll, expect, it } from "vitest"
import { openTelemetry } from "../../../src/adapters/telemetry/open-telemetry.ts"
import { counted, tracedCall, tracedOperation } from "../../../src/adapters/telemetry/traced.ts"

afterAll(() => {
  trace.disable()
  metrics.disable()
})

it("makes nothing without an SDK, spans with one for traces, and counts with one for metrics, whenever they come", async () => {
  const telemetry = openTelemetry()
  const effect = Effect.succeed(1)
  const run = () =>
    Effect.runPromise(
      Effect.andThen(tracedOperation(telemetry, "getUser", effect), counted({ telemetry }, "latchkey.logins"))
    )
  expect([telemetry.receivesSpans?.(), telemetry.receivesMeasurements?.()]).toEqual([false, false])
  expect(tracedOperation(telemetry, "getUser", effect)).toBe(effect)
  expect(tracedCall({ telemetry }, "loadUser", effect)).toBe(effect)
  await run()

  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  expect([telemetry.receivesSpans?.(), telemetry.receivesMeasurements?.()]).toEqual([false, true])
  await run()

  const spans = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }))
  expect([telemetry.receivesSpans?.(), telemetry.receivesMeasurements?.()]).toEqual([true, true])
  await run()
  expect(spans.getFinishedSpans().map(({ name }) => name)).toEqual(["latchkey.getUser"])

  await reader.forceFlush()
  const counts = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .find(({ descriptor }) => descriptor.name === "latchkey.logins")
  expect(counts?.dataPoints.map(({ value }) => value)).toEqual([2])
})

it("the docs show the stored result of the bench", () => {
  const read = (path: string) => readFileSync(join(import.meta.dirname, "../../..", path), "utf8")
  expect(read("docs/telemetry.md"), "copy it from the file").toContain(read("bench/results/telemetry.md"))
})
