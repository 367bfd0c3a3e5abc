/**
 * One variant of telemetry.ts, in a process of its own: answers each message of the parent with the microseconds of CPU
 * time that a request took. `LATCHKEY_TELEMETRY`: `removed`, `off`, `api` (on, without an SDK) or `sdk` (on, every span
 * goes to an exporter that does nothing).
 */
import { registerHooks } from "node:module"
import { context, metrics, trace } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { MeterProvider } from "@opentelemetry/sdk-metrics"
import { NoopSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace"

const variant = process.env["LATCHKEY_TELEMETRY"] ?? "off"
const requests = 2000

// The same program without the functions that make spans and count.
const removed = `
  import * as Effect from "effect/Effect"
  export const tracedOperation = (_telemetry, _operation, effect) => effect
  export const tracedCall = (_services, _name, call) => call
  export const counted = () => Effect.void
`
let isRemoved = false
if (variant === "removed")
  registerHooks({
    load: (url, about, next) => {
      if (!url.endsWith("/telemetry/traced.js")) return next(url, about)
      isRemoved = true
      return { format: "module", shortCircuit: true, source: removed }
    }
  })

const { createAuth, modelBackend, pbkdf2Sha256 } = await import("latchkey")
const { memory } = await import("latchkey/memory")
const { openTelemetry } = await import("latchkey/opentelemetry")

if (isRemoved !== (variant === "removed")) throw new Error("dist has no file telemetry/traced.js")
if (variant === "sdk") {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }))
  metrics.setGlobalMeterProvider(new MeterProvider())
}

const { sessions, users } = memory()
const auth = createAuth({
  secretKey: "bench-secret-key",
  sessions,
  backends: { model: modelBackend(users) },
  hashers: [pbkdf2Sha256({ iterations: 1 })],
  ...(variant === "api" || variant === "sdk" ? { telemetry: openTelemetry() } : {})
})
const transport = { secure: false, serverName: "localhost", serverPort: "80" }
const user = await auth.createUser({ username: "alice", password: "alice's" })
const login = auth.open({ method: "GET", target: "/", headers: [], transport })
if (user !== undefined) await login.context.login(user)
const cookie = (await login.respond(200)).cookies.map((line) => line.split(";", 1)[0]).join("; ")

process.on("message", async () => {
  const before = process.cpuUsage()
  for (let n = 0; n < requests; n++) {
    const request = auth.open({ method: "GET", target: "/", headers: [["cookie", cookie]], transport })
    await request.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
    await request.context.getUser()
    await request.context.hasPerm("blog.add_post")
    await request.respond(200)
  }
  const { system, user } = process.cpuUsage(before)
  process.send?.((system + user) / requests)
})
process.send?.("ready")
