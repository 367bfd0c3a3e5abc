import { once } from "node:events"
import { createServer } from "node:http"
import { context, metrics, trace } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"
import { openTelemetry } from "latchkey/opentelemetry"

// The SDK of your application. In production: exporters of @opentelemetry/exporter-trace-otlp-http and -metrics-otlp-http,
// and an instrumentation that makes the spans of HTTP requests. Here they stay in memory, to be printed.
const spans = new InMemorySpanExporter()
const counters = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: counters })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }))
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))

const { sessions, users } = memory()
const auth = createAuth({
  secretKey: "not a secret",
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  telemetry: openTelemetry()
})
await auth.createUser({ username: "alice", password: "alice's password" })

const page = nodeAuth(auth, async (req, res, { authenticate, login }) => {
  const password = req.url === "/wrong" ? "wrong" : "alice's password"
  const user = await authenticate({ username: "alice", password })
  if (user) await login(user)
  res.end()
})
const server = createServer((req, res) =>
  trace.getTracer("your application").startActiveSpan(`${req.method} ${req.url}`, (span) => {
    res.on("finish", () => span.end())
    page(req, res)
  })
)
server.listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
for (const path of ["/login", "/wrong"]) await fetch(url + path)
await reader.forceFlush()

const finished = spans.getFinishedSpans()
const print = (parent: string | undefined, indent: string): void => {
  for (const span of finished.filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)) {
    console.log(indent + span.name)
    print(span.spanContext().spanId, `${indent}  `)
  }
}
print(undefined, "")
for (const { descriptor, dataPoints } of counters
  .getMetrics()
  .flatMap(({ scopeMetrics }) => scopeMetrics)
  .flatMap(({ metrics }) => metrics))
  if (descriptor.name.includes("login")) console.log(descriptor.name, dataPoints[0]?.value)

server.close()
