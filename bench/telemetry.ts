/**
 * What `telemetry` costs: CPU time of a request with the code for telemetry removed, with the option not set, with it but
 * without an SDK, and with an SDK whose exporter does nothing. The stores are in memory, so that nothing hides the
 * difference; a database takes most of a real request. All variants run in this process, in turns of one hundredth of a
 * second, so other load on the machine affects all of them equally. Only the ratios are meaningful.
 *
 * `node bench/telemetry.ts [--rounds 400] [--save]`, after `npm run build`
 */
import { readFileSync, writeFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import { context, metrics, trace } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { MeterProvider } from "@opentelemetry/sdk-metrics"
import { NoopSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace"
import { openTelemetry } from "latchkey/opentelemetry"
import { median } from "./statistics.ts"

const { values } = parseArgs({ options: { rounds: { type: "string", default: "400" }, save: { type: "boolean" } } })
const rounds = Number(values.rounds)

// Files of latchkey whose address has this mark are a second copy: the same program without the functions that make spans.
const mark = "?without-telemetry"
const dist = new URL("../dist/", import.meta.url).href
let isRemoved = false
registerHooks({
  resolve: (specifier, about, next) => {
    const resolved = next(specifier, about)
    const isCopied = about.parentURL?.endsWith(mark) === true && resolved.url.startsWith(dist)
    return isCopied && !resolved.url.endsWith(mark) ? { ...resolved, url: resolved.url + mark } : resolved
  },
  load: (url, about, next) => {
    if (!url.endsWith(`/telemetry/traced.js${mark}`)) return next(url, about)
    isRemoved = true
    const source = `
      import * as Effect from "effect/Effect"
      export const tracedOperation = (_telemetry, _operation, effect) => effect
      export const tracedCall = (_services, _name, call) => call
      export const counted = () => Effect.void
    `
    return { format: "module", shortCircuit: true, source }
  }
})

const copyOf = async (name: string): Promise<typeof import("latchkey") & typeof import("latchkey/memory")> => ({
  ...(await import(`${import.meta.resolve("latchkey")}${name}`)),
  ...(await import(`${import.meta.resolve("latchkey/memory")}${name}`))
})

/** One variant: answers requests of a logged-in user. */
const makeVariant = async (title: string, copy = "", hasTelemetry = false) => {
  const { createAuth, memory, modelBackend, pbkdf2Sha256 } = await copyOf(copy)
  const { sessions, users } = memory()
  const auth = createAuth({
    secretKey: "bench-secret-key",
    sessions,
    backends: { model: modelBackend(users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    ...(hasTelemetry ? { telemetry: openTelemetry() } : {})
  })
  const transport = { secure: false, serverName: "localhost", serverPort: "80" }
  const user = await auth.createUser({ username: "alice", password: "alice's" })
  const login = auth.open({ method: "GET", target: "/", headers: [], transport })
  if (user !== undefined) await login.context.login(user)
  const cookie = (await login.respond(200)).cookies.map((line) => line.split(";", 1)[0]).join("; ")
  const answer = async (): Promise<void> => {
    const request = auth.open({ method: "GET", target: "/", headers: [["cookie", cookie]], transport })
    await request.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
    await request.context.getUser()
    await request.context.hasPerm("blog.add_post")
    await request.respond(200)
  }
  const measured: Array<number> = []
  /** @returns microseconds of CPU time per request */
  const measure = async (requests: number): Promise<number> => {
    const before = process.cpuUsage()
    for (let n = 0; n < requests; n++) await answer()
    const { system, user } = process.cpuUsage(before)
    return (system + user) / requests
  }
  return { title, measure, measured }
}

type Variant = Awaited<ReturnType<typeof makeVariant>>

const requests = 500
const warmUp = 20

/** Lets the variants take turns, each time in another order, so that none always follows the same one. */
const takeTurns = async (variants: ReadonlyArray<Variant>): Promise<void> => {
  for (let round = -warmUp; round < rounds; round++)
    for (let each = 0; each < variants.length; each++) {
      const variant = variants[(round + warmUp + each * (round % 2 === 0 ? 1 : variants.length - 1)) % variants.length]
      const time = await variant?.measure(requests)
      if (time !== undefined && round >= 0) variant?.measured.push(time)
    }
}

interface Row {
  readonly title: string
  readonly microseconds: number
  /** To the program without the code: the median of the rounds, and the quartiles around it. */
  readonly ratio: number
  readonly low: number
  readonly high: number
}

const rowsOf = (variants: ReadonlyArray<Variant>): ReadonlyArray<Row> =>
  variants.map(({ measured, title }) => {
    const ratios = measured.map((time, round) => time / (variants[0]?.measured[round] ?? Number.NaN))
    const sorted = ratios.toSorted((one, other) => one - other)
    const at = (part: number) => Number((sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(2))
    return { title, microseconds: Number(median(measured).toFixed(1)), ratio: at(0.5), low: at(0.25), high: at(0.75) }
  })

const without = "without the code"
const alone = [
  await makeVariant(without, mark),
  await makeVariant("off"),
  await makeVariant("off, a second time"),
  await makeVariant("on, without an SDK", "", true)
]
if (!isRemoved) throw new Error("dist has no file telemetry/traced.js")
await takeTurns(alone)

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
metrics.setGlobalMeterProvider(new MeterProvider())
const counting = [await makeVariant(without, mark), await makeVariant("on, an SDK for metrics only", "", true)]
await takeTurns(counting)
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }))
const spanning = [
  await makeVariant(without, mark),
  await makeVariant("on, an SDK whose exporters do nothing", "", true)
]
await takeTurns(spanning)

const rows = [...rowsOf(alone), ...rowsOf(counting).slice(1), ...rowsOf(spanning).slice(1)]
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
const result = {
  date: new Date().toISOString().slice(0, 10),
  version,
  machine: `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}, while other programs used the machine`,
  command: `node bench/telemetry.ts${values.rounds === "400" ? "" : ` --rounds ${values.rounds}`} --save`,
  rows
}
const lines = [
  `Measured on ${result.date}, latchkey ${version}, ${result.machine}: \`${result.command}\`.`,
  "",
  "| `telemetry` | µs of CPU time per request | ratio to the program without the code | quartiles |",
  "| --- | ---: | ---: | --- |",
  ...rows.map(
    ({ high, low, microseconds, ratio, title }) =>
      `| ${title} | ${microseconds.toFixed(1)} | ${ratio.toFixed(2)} | ${low.toFixed(2)} to ${high.toFixed(2)} |`
  )
]
console.log(lines.join("\n"))
if (values.save === true) {
  writeFileSync(new URL("results/telemetry.json", import.meta.url), `${JSON.stringify(result, undefined, 2)}\n`)
  writeFileSync(new URL("results/telemetry.md", import.meta.url), `${lines.join("\n")}\n`)
}
