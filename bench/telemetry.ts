/**
 * What `telemetry` costs: CPU time per request without it, with it but without an SDK, and with an SDK that samples every
 * span. The stores are in memory, so that nothing hides the difference; a database takes most of a real request. The rounds
 * take turns, so other load on the machine affects all equally. Only the ratios are meaningful.
 */
import { context, metrics, trace } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { MeterProvider } from "@opentelemetry/sdk-metrics"
import { NoopSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace"
import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { memory } from "latchkey/memory"
import { openTelemetry } from "latchkey/opentelemetry"

const [rounds, requests] = [15, 4000]
const transport = { secure: false, serverName: "localhost", serverPort: "80" }

const makeRequests = async (telemetry?: ReturnType<typeof openTelemetry>) => {
  const { sessions, users } = memory()
  const auth = createAuth({
    secretKey: "bench-secret-key",
    sessions,
    backends: { model: modelBackend(users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    ...(telemetry === undefined ? {} : { telemetry })
  })
  const user = await auth.createUser({ username: "alice", password: "alice's" })
  const login = auth.open({ method: "GET", target: "/", headers: [], transport })
  if (user !== undefined) await login.context.login(user)
  const cookie = (await login.respond(200)).cookies.map((line) => line.split(";", 1)[0]).join("; ")
  /** Microseconds of CPU time for each request. */
  return async (): Promise<number> => {
    const before = process.cpuUsage()
    for (let n = 0; n < requests; n++) {
      const request = auth.open({ method: "GET", target: "/", headers: [["cookie", cookie]], transport })
      await request.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
      await request.context.getUser()
      await request.respond(200)
    }
    const { system, user } = process.cpuUsage(before)
    return (system + user) / requests
  }
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const compare = async (name: string): Promise<void> => {
  const [off, on] = [await makeRequests(), await makeRequests(openTelemetry())]
  const [offs, ons]: [Array<number>, Array<number>] = [[], []]
  for (let round = 0; round < rounds; round++) {
    offs.push(await off())
    ons.push(await on())
  }
  const [without, measured] = [median(offs.slice(3)), median(ons.slice(3))]
  const ratio = (measured / without).toFixed(2)
  console.log(`${name}: off ${without.toFixed(1)} µs, on ${measured.toFixed(1)} µs CPU per request, ratio ${ratio}`)
}

await compare("without an SDK")
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }))
metrics.setGlobalMeterProvider(new MeterProvider())
await compare("with an SDK   ")
