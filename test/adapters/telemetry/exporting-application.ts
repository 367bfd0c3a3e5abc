/** An application that sends its spans and metrics to the collector at COLLECTOR_URL. It serves a few requests and ends. */
import { context, metrics, trace } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace"
import * as Effect from "effect/Effect"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../src/adapters/password/pbkdf2-hasher.ts"
import { Busy } from "../../../src/adapters/ports/errors.ts"
import { counters } from "../../../src/adapters/ports/telemetry.ts"
import { postgres } from "../../../src/adapters/store/postgres.ts"
import { openTelemetry } from "../../../src/adapters/telemetry/open-telemetry.ts"
import { tracedOperation } from "../../../src/adapters/telemetry/traced.ts"

const collector = process.env["COLLECTOR_URL"] ?? ""
const provider = new TracerProvider({
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${collector}/v1/traces` }) })]
})
const meters = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: `${collector}/v1/metrics` }) })]
})
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(provider)
metrics.setGlobalMeterProvider(meters)

const pg = postgres({ url: process.env["DATABASE_URL"] ?? "" })
await pg.createTables()
const telemetry = openTelemetry()
const auth = createAuth({
  secretKey: "a secret key of a test, which is long enough",
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
  hashers: [pbkdf2Sha256({ iterations: 1 })],
  sessionCookie: { secure: true },
  deviceBound: { mode: "observe" },
  telemetry
})
await auth.createUser({ username: "alice", password: "alice's password" })

const request = async (
  name: string,
  cookies: ReadonlyArray<string>,
  handle: (context: ReturnType<typeof auth.open>["context"]) => Promise<unknown>
): Promise<ReadonlyArray<string>> =>
  trace.getTracer("http").startActiveSpan(name, async (span) => {
    const transport = { secure: false, serverName: "localhost", serverPort: "80" }
    const headers = [["Cookie", cookies.map((line) => line.split(";")[0]).join("; ")] as const]
    const opened = auth.open({ method: "GET", target: "/", headers, transport })
    await handle(opened.context)
    const { cookies: set } = await opened.respond(200)
    span.end()
    return set
  })

const cookies = await request("login", [], async ({ authenticate, login }) => {
  const user = await authenticate({ username: "alice", password: "alice's password" })
  if (user !== undefined) await login(user)
})
await request("read", cookies, ({ getUser }) => Promise.all([getUser(), getUser()]))
await request("wrong password", [], ({ authenticate }) => authenticate({ username: "alice", password: "wrong" }))
await request("logout", cookies, ({ logout }) => logout())
await Effect.runPromiseExit(tracedOperation(telemetry, "login", Effect.fail(new Busy({ retryAfterSeconds: 1 }))))
// The others need faults of servers. Their names are what counts here.
for (const name of Object.keys(counters))
  if (name === "latchkey.throttled" || /unavailable|conflicts|refusals/.test(name))
    await Effect.runPromise(telemetry.count(name as keyof typeof counters, { operation: "login" }))

await provider.shutdown()
await meters.shutdown()
await pg.close()
console.log("done")
