/**
 * What a collector receives from an application, over OTLP/HTTP; and the dashboard of docs/telemetry.md, whose queries use
 * it. Application, collector and test are three processes.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { counters } from "../../../src/adapters/ports/telemetry.ts"
import { type Child, start } from "../../rig/child.ts"
import { type PostgresServer, startPostgres } from "../../rig/postgres-server.ts"
import { service } from "../../rig/services.ts"

const docs = join(import.meta.dirname, "..", "..", "..", "docs")
const dashboard = readFileSync(join(docs, "telemetry-dashboard.json"), "utf8")

/** The queries of the dashboard. */
const queries: ReadonlyArray<string> = JSON.parse(dashboard).panels.flatMap(
  ({ targets }: { readonly targets: ReadonlyArray<{ readonly expr: string }> }) => targets.map(({ expr }) => expr)
)
const queried = new Set(queries.flatMap((query) => query.match(/\blatchkey_\w+/g) ?? []))

interface ReceivedSpan {
  readonly scope: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly attributes: Readonly<Record<string, string | number>>
  readonly events: number
}

describe("the dashboard", () => {
  it("queries every counter", () => {
    const names = Object.keys(counters).map((name) => `${name.replaceAll(".", "_")}_total`)
    expect(names.filter((name) => !queried.has(name))).toEqual([])
  })
})

describe.skipIf(!service("postgres").available)("a collector in another process", () => {
  let database: PostgresServer
  let collector: Child
  let url = ""
  let spans: ReadonlyArray<ReceivedSpan> = []
  /** The lines of the metrics, as Prometheus reads them. */
  let samples: ReadonlyArray<string> = []
  const get = async (path: string): Promise<string> => (await fetch(url + path)).text()

  beforeAll(async () => {
    database = await startPostgres()
    collector = start(process.execPath, [join(import.meta.dirname, "..", "..", "rig", "otlp-receiver.ts")])
    ;[, url = ""] = await collector.printed(/receiving at (\S+) /, 30_000)
    const application = start(process.execPath, [join(import.meta.dirname, "exporting-application.ts")], {
      env: { COLLECTOR_URL: url, DATABASE_URL: database.url }
    })
    await application.printed(/done/, 30_000)
    await application.ended
    spans = JSON.parse(await get("/spans"))
    samples = (await get("/metrics")).split("\n").filter((line) => !line.startsWith("#") && line !== "")
  })
  afterAll(async () => {
    await collector?.kill()
    await database?.stop()
  })

  it("understands all that the application sends", async () => {
    expect(JSON.parse(await get("/problems"))).toEqual([])
    expect(new Set(spans.map(({ scope }) => scope))).toEqual(new Set(["http", "latchkey"]))
    expect(new Set(spans.map(({ events }) => events))).toEqual(new Set([0]))
  })

  it("refuses what is not of the protocol", async () => {
    const send = (path: string, body: string, type = "application/json") =>
      fetch(url + path, { method: "POST", headers: { "content-type": type }, body })
    const span = {
      traceId: "a".repeat(32),
      spanId: "b".repeat(16),
      name: "x",
      startTimeUnixNano: "2",
      endTimeUnixNano: "1"
    }
    const traces = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ scope: { name: "x" }, spans: [span] }] }] })
    const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints: [] }
    const metrics = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "a", sum }] }] }] })
    for (const [path, body, type] of [
      ["/v1/traces", traces],
      ["/v1/metrics", metrics],
      ["/v1/traces", "[]"],
      ["/v1/traces", "{}", "text/plain"],
      ["/v1/logs", "{}"]
    ] as const)
      expect((await send(path, body, type)).status).toBe(400)
  })

  /** The spans of the request with this name, each with the number of its SQL statements. */
  const below = (request: string): Readonly<Record<string, number>> => {
    const root = spans.find(({ name }) => name === request)
    const children = spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId)
    for (const { traceId } of children) expect(traceId).toBe(root?.traceId)
    return Object.fromEntries(children.map(({ attributes, name }) => [name, Number(attributes["latchkey.statements"])]))
  }

  it("gets spans below those of the requests, with the number of SQL statements", () => {
    expect(below("login")).toEqual({ "latchkey.authenticate": 1, "latchkey.login": 1, "latchkey.respond": 1 })
    expect(below("logout")).toEqual({ "latchkey.logout": 0, "latchkey.respond": 1 })
    expect(below("wrong password")).toMatchObject({ "latchkey.authenticate": 1 })
    const { traceId } = spans.find(({ name }) => name === "read") ?? {}
    const read = spans.filter((span) => span.name === "latchkey.loadSession" && span.traceId === traceId)
    expect(read.map(({ attributes }) => attributes["latchkey.statements"])).toEqual([1])
  })

  it("gets the counters with their values", () => {
    for (const line of [
      "latchkey_logins_total 1",
      "latchkey_logouts_total 1",
      "latchkey_session_conflicts_total 1",
      'latchkey_throttled_total{operation="authenticate"} 2',
      'latchkey_csrf_refusals_total{operation="checkAccess",error="CsrfFailed"} 1',
      'latchkey_busy_total{operation="authenticate",error="Busy"} 1',
      'latchkey_unavailable_total{operation="getUser",error="StoreUnavailable"} 1',
      'latchkey_operation_duration_seconds_count{operation="login",outcome="ok"} 1'
    ])
      expect(samples).toContain(line)
    const failures = samples.find((line) => line.startsWith("latchkey_login_failures_total"))
    expect(failures).toBe("latchkey_login_failures_total 9")
  })

  it("gets the metrics that the dashboard queries, with their labels", () => {
    const names = new Set(samples.map((line) => /^\w+/.exec(line)?.[0]))
    expect([...queried].filter((name) => !names.has(name))).toEqual([])
    for (const query of queries)
      for (const [, name = "", selected = ""] of query.matchAll(/\b(latchkey_\w+)(\{[^}]*\})?/g)) {
        const labels = [
          ...(/by \(([^)]*)\)/.exec(query)?.[1]?.split(", ") ?? []),
          ...(selected.match(/\w+(?=[=!])/g) ?? [])
        ]
        const sent = samples.filter((line) => line.startsWith(`${name}{`)).join()
        for (const label of labels) expect(`${name}: ${sent}`).toContain(`${label}="`)
      }
  })

  it("gets the spans and counters of Effect's own exporter too", async () => {
    const application = start(process.execPath, [join(import.meta.dirname, "exporting-effect.ts")], {
      env: { COLLECTOR_URL: url }
    })
    await application.printed(/done/, 30_000)
    await application.ended
    const received: ReadonlyArray<ReceivedSpan> = JSON.parse(await get("/spans"))
    expect(received.find(({ name }) => name === "latchkey.getPerms")?.attributes).toMatchObject({
      "latchkey.statements": 0
    })
    expect(await get("/metrics")).toMatch(/latchkey_operation_duration\w*_count\{[^}]*operation="getPerms"/)
    expect(JSON.parse(await get("/problems")).filter((one: string) => /latchkey/.test(one))).toEqual([])
  })

  it("gets no secret and no user", async () => {
    const all = await get("/bodies")
    for (const secret of ["alice", "pbkdf2", "127.0.0.1:5", database.url]) expect(all).not.toContain(secret)
    // Session keys and CSRF secrets have 32 letters and digits; trace ids are hexadecimal.
    const keys = all.match(/\b[a-zA-Z0-9]{32}\b/g)?.filter((word) => /[g-zA-Z]/.test(word))
    expect(keys ?? []).toEqual([])
  })
})
