/** An application that sends its spans and metrics to the collector at COLLECTOR_URL. It serves a few requests and ends. */
import { context, metrics, trace } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memoryThrottle } from "../../../src/adapters/store/memory.ts"
import { postgres } from "../../../src/adapters/store/postgres.ts"
import { openTelemetry } from "../../../src/adapters/telemetry/open-telemetry.ts"

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
/** The application, on a database. */
const authOn = ({ sessions, users }: typeof pg) =>
  createAuth({
    secretKey: "a secret key of a test, which is long enough",
    sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    sessionCookie: { secure: true },
    deviceBound: { mode: "observe" },
    throttle: { store: memoryThrottle() },
    concurrency: 1,
    queue: 1,
    telemetry: openTelemetry()
  })
const auth = authOn(pg)
await auth.createUser({ username: "alice", password: "alice's password" })

const request = async (
  name: string,
  cookies: ReadonlyArray<string>,
  handle: (context: ReturnType<typeof auth.open>["context"]) => Promise<unknown>,
  { method = "GET", on = auth } = {}
): Promise<ReadonlyArray<string>> =>
  trace.getTracer("http").startActiveSpan(name, async (span) => {
    const transport = { secure: false, serverName: "localhost", serverPort: "80" }
    const headers = [
      ["Host", "localhost"],
      ["Cookie", cookies.map((line) => line.split(";")[0]).join("; ")]
    ] as const
    const opened = on.open({ method, target: "/", headers, transport })
    try {
      await opened.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
      await handle(opened.context)
      return (await opened.respond(200)).cookies
    } finally {
      span.end()
    }
  })
type Context = ReturnType<typeof auth.open>["context"]
const failing =
  (password: string) =>
  ({ authenticate }: Context) =>
    authenticate({ username: "alice", password })

const cookies = await request("login", [], async ({ authenticate, login }) => {
  const user = await authenticate({ username: "alice", password: "alice's password" })
  if (user !== undefined) await login(user)
})
await request("read", cookies, ({ getUser }) => Promise.all([getUser(), getUser()]))
await request("wrong password", [], failing("wrong"))
await request("conflict", cookies, async ({ session }) => {
  await session.set("a", 1)
  await request("beside", cookies, (other) => other.session.set("b", 2))
})
await request("logout", cookies, ({ logout }) => logout())
await request("forged form", [], async () => {}, { method: "POST" }).catch(() => {})
// One password is compared, one waits, and there is no place for the third one.
const three = ["bob", "carol", "dave"].map((username) =>
  request("flood", [], ({ authenticate }) => authenticate({ username, password: "wrong" })).catch(() => {})
)
await Promise.all(three)
for (let attempt = 0; attempt < 6; attempt++) await request("guess", [], failing(`wrong ${attempt}`))
const away = postgres({ url: "postgres://127.0.0.1:1/none" })
await request("outage", cookies, ({ getUser }) => getUser(), { on: authOn(away) }).catch(() => {})

await provider.shutdown()
await meters.shutdown()
await pg.close()
await away.close()
console.log("done")
