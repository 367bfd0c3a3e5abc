/**
 * The entry point `latchkey/opentelemetry`. It needs the package `@opentelemetry/api`.
 *
 * Spans and metrics through `@opentelemetry/api`. Spans are children of the span that is active where a handler calls
 * an operation, usually that of the HTTP request. While no SDK is registered, none are made.
 */
import {
  type Attributes,
  type AttributeValue,
  type Context,
  type Counter,
  context,
  createNoopMeter,
  type Histogram,
  type Meter,
  metrics,
  type Tracer as OtelTracer,
  ProxyTracer,
  type Span,
  SpanStatusCode,
  TraceFlags,
  trace
} from "@opentelemetry/api"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import {
  type CounterName,
  counters,
  durationBoundaries,
  durationName,
  type MeasuredAttributes,
  type Telemetry
} from "../ports/telemetry.ts"

const scope = "latchkey"

export type { CounterName, MeasuredAttributes, Telemetry } from "../ports/telemetry.ts"

/**
 * Sends latchkey's spans and metrics to OpenTelemetry, for the option `telemetry` of `createAuth`. Register the SDK of
 * your application first.
 *
 * ```ts
 * createAuth({ …, telemetry: openTelemetry() })
 * ```
 */
export const openTelemetry = (): Telemetry => {
  const currentTracer = tracerNow()
  const current = instrumentsNow()
  return {
    tracer: tracerOver(currentTracer),
    receivesSpans: () => !(currentTracer() instanceof ProxyTracer),
    receivesMeasurements: () => current() !== undefined,
    count: (name: CounterName, attributes: MeasuredAttributes) =>
      Effect.sync(() => current()?.counters[name].add(1, attributes)),
    measure: (seconds, attributes) => Effect.sync(() => current()?.duration.record(seconds, attributes))
  }
}

/** The tracer of the SDK. While none is registered: one of the API, which makes no spans. */
const tracerNow = (): (() => OtelTracer) => {
  let tracer = trace.getTracer(scope)
  return () => {
    if (tracer instanceof ProxyTracer) tracer = trace.getTracer(scope)
    return tracer
  }
}

/** The instruments of the SDK's meter; `undefined` while no SDK is registered. */
const instrumentsNow = (): (() => Instruments | undefined) => {
  let made: Instruments | undefined
  return () => {
    if (made !== undefined) return made
    const meter = metrics.getMeter(scope)
    if (meter !== createNoopMeter()) made = instrumentsOf(meter)
    return made
  }
}

interface Instruments {
  readonly counters: Readonly<Record<CounterName, Counter>>
  readonly duration: Histogram
}

const instrumentsOf = (meter: Meter): Instruments => {
  const counter = (name: CounterName) => meter.createCounter(name, { description: counters[name] })
  return {
    counters: {
      "latchkey.logins": counter("latchkey.logins"),
      "latchkey.login.failures": counter("latchkey.login.failures"),
      "latchkey.logouts": counter("latchkey.logouts"),
      "latchkey.session.conflicts": counter("latchkey.session.conflicts"),
      "latchkey.csrf.refusals": counter("latchkey.csrf.refusals"),
      "latchkey.busy": counter("latchkey.busy"),
      "latchkey.throttled": counter("latchkey.throttled"),
      "latchkey.device_verdict": counter("latchkey.device_verdict"),
      "latchkey.unavailable": counter("latchkey.unavailable")
    },
    duration: meter.createHistogram(durationName, {
      description: "How long an operation took.",
      unit: "s",
      advice: { explicitBucketBoundaries: [...durationBoundaries] }
    })
  }
}

const tracerOver = (tracer: () => OtelTracer): Tracer.Tracer =>
  Tracer.make({
    span: (options) => new OpenTelemetrySpan(tracer(), options),
    // Spans of other libraries, such as a database driver's, become children of latchkey's.
    context: (primitive, fiber) => {
      const currentSpan = fiber.cache.span
      return currentSpan instanceof OpenTelemetrySpan
        ? context.with(currentSpan.inside, () => primitive["~effect/Effect/evaluate"](fiber))
        : primitive["~effect/Effect/evaluate"](fiber)
    }
  })

type SpanOptions = Parameters<Tracer.Tracer["span"]>[0]

class OpenTelemetrySpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly name: string
  readonly spanId: string
  readonly traceId: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly annotations: Tracer.Span["annotations"]
  readonly links: ReadonlyArray<Tracer.SpanLink>
  readonly sampled: boolean
  readonly kind: Tracer.SpanKind
  readonly attributes = new Map<string, unknown>()
  /** The context of what runs in this span. */
  readonly inside: Context
  readonly #span: Span
  #status: Tracer.SpanStatus

  constructor(tracer: OtelTracer, { annotations, kind, links, name, parent, startTime }: SpanOptions) {
    const around = contextOf(parent)
    this.#span = tracer.startSpan(name, {}, around)
    this.inside = trace.setSpan(around, this.#span)
    const { spanId, traceFlags, traceId } = this.#span.spanContext()
    this.name = name
    this.spanId = spanId
    this.traceId = traceId
    this.parent = parent
    this.annotations = annotations
    this.links = links
    this.kind = kind
    this.sampled = (traceFlags & TraceFlags.SAMPLED) !== 0
    this.#status = { _tag: "Started", startTime }
  }
  get status(): Tracer.SpanStatus {
    return this.#status
  }
  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    this.#status = { _tag: "Ended", startTime: this.#status.startTime, endTime, exit }
    // Only the kind of the error: messages and stacks may hold data of the request.
    if (faults.has(String(this.attributes.get("error.type")))) this.#span.setStatus({ code: SpanStatusCode.ERROR })
    this.#span.end()
  }
  attribute(key: string, value: unknown): void {
    this.attributes.set(key, value)
    this.#span.setAttribute(key, attributeOf(value))
  }
  event(name: string, _startTime: bigint, attributes: Record<string, unknown> = {}): void {
    const values: Attributes = Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, attributeOf(value)])
    )
    this.#span.addEvent(name, values)
  }
  addLinks(): void {}
}

/** Errors that are faults of the application or its stores. The others are answers to a client. */
const faults: ReadonlySet<string> = new Set(["StoreUnavailable", "BackendUnavailable", "Busy", "defect"])

const contextOf = (parent: Option.Option<Tracer.AnySpan>): Context => {
  const active = context.active()
  if (parent._tag === "None") return active
  if (parent.value instanceof OpenTelemetrySpan) return parent.value.inside
  const { sampled, spanId, traceId } = parent.value
  return trace.setSpanContext(active, {
    spanId,
    traceId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE
  })
}

const attributeOf = (value: unknown): AttributeValue =>
  typeof value === "number" || typeof value === "boolean" ? value : String(value)
