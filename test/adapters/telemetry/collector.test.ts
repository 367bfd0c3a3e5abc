/** What a collector receives from an application, over OTLP/HTTP; and the dashboard of docs/telemetry.md, whose queries use it. */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { counters } from "../../../src/adapters/ports/telemetry.ts"
import { start } from "../../rig/child.ts"
import { type PostgresServer, startPostgres } from "../../rig/postgres-server.ts"
import { service } from "../../rig/services.ts"

const docs = join(import.meta.dirname, "..", "..", "..", "docs")
const dashboard = readFileSync(join(docs, "telemetry-dashboard.json"), "utf8")

/** The queries of the dashboard. */
const queries: ReadonlyArray<string> = JSON.parse(dashboard).panels.flatMap(
  ({ targets }: { readonly targets: ReadonlyArray<{ readonly expr: string }> }) => targets.map(({ expr }) => expr)
)
const queried = new Set(queries.flatMap((query) => query.match(/\blatchkey_\w+/g) ?? []))

/** The names of a metric in Prometheus, as its OTLP receiver and the collector's exporter write them. */
const prometheusNames = ({ histogram, name, unit }: ReceivedMetric): ReadonlyArray<string> => {
  const base = name.replaceAll(".", "_")
  if (histogram === undefined) return [`${base}_total`]
  return ["bucket", "count", "sum"].map((part) => `${base}${unit === "s" ? "_seconds" : ""}_${part}`)
}

interface ReceivedMetric {
  readonly name: string
  readonly unit: string
  readonly histogram?: Points
  readonly sum?: Points
}
interface Points {
  readonly dataPoints: ReadonlyArray<{ readonly attributes: ReadonlyArray<Attribute> }>
}
interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, string | number>>
}
interface ReceivedSpan {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: ReadonlyArray<Attribute>
}

describe("the dashboard", () => {
  it("queries every counter", () => {
    const names = Object.keys(counters).map((name) => `${name.replaceAll(".", "_")}_total`)
    expect(names.filter((name) => !queried.has(name))).toEqual([])
  })
})

describe.skipIf(!service("postgres").available)("a collector", () => {
  const bodies: Array<{ readonly url: string; readonly body: string }> = []
  let database: PostgresServer
  let collector: Server
  let spans: ReadonlyArray<ReceivedSpan> = []
  let metrics: ReadonlyArray<ReceivedMetric> = []

  beforeAll(async () => {
    database = await startPostgres()
    collector = createServer(async (req, res) => {
      const chunks: Array<Uint8Array> = []
      for await (const chunk of req) chunks.push(chunk)
      const sent = Buffer.concat(chunks)
      const isGzip = req.headers["content-encoding"] === "gzip"
      bodies.push({ url: req.url ?? "", body: (isGzip ? gunzipSync(sent) : sent).toString() })
      res.setHeader("content-type", "application/json").end("{}")
    })
    collector.listen(0, "127.0.0.1")
    await once(collector, "listening")
    const address = collector.address()
    const port = typeof address === "object" ? address?.port : undefined
    const application = start(process.execPath, [join(import.meta.dirname, "exporting-application.ts")], {
      env: { COLLECTOR_URL: `http://127.0.0.1:${port}`, DATABASE_URL: database.url }
    })
    await application.printed(/done/, 30_000)
    await application.ended
    const received = (path: string, resource: string, scope: string, item: string) =>
      bodies
        .filter(({ url }) => url === path)
        .flatMap(({ body }) => JSON.parse(body)[resource])
        .flatMap((one) => one[scope])
        .flatMap((one) => one[item])
    spans = received("/v1/traces", "resourceSpans", "scopeSpans", "spans")
    metrics = received("/v1/metrics", "resourceMetrics", "scopeMetrics", "metrics")
  })
  afterAll(async () => {
    collector?.close()
    await database?.stop()
  })

  const attribute = ({ attributes }: ReceivedSpan, key: string): number =>
    Number(attributes.find((one) => one.key === key)?.value["intValue"])
  /** The spans of the request with this name, each with the number of its SQL statements. */
  const below = (request: string): Readonly<Record<string, number>> => {
    const root = spans.find(({ name }) => name === request)
    const children = spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId)
    return Object.fromEntries(children.map((span) => [span.name, attribute(span, "latchkey.statements")]))
  }

  it("gets spans below those of the requests, with the number of SQL statements", () => {
    expect(below("login")).toEqual({ "latchkey.authenticate": 1, "latchkey.login": 1, "latchkey.respond": 1 })
    expect(below("logout")).toEqual({ "latchkey.logout": 0, "latchkey.respond": 1 })
    expect(below("wrong password")).toMatchObject({ "latchkey.authenticate": 1 })
    const read = spans.filter(({ name }) => name === "latchkey.loadSession")
    expect(read.map((span) => attribute(span, "latchkey.statements"))).toEqual([1])
  })

  it("gets the metrics that the dashboard queries, with their labels", () => {
    const names = new Set(metrics.flatMap(prometheusNames))
    expect([...queried].filter((name) => !names.has(name))).toEqual([])
    for (const query of queries) {
      const labels = /by \(([^)]*)\)/.exec(query)?.[1]?.split(", ") ?? []
      const queried = metrics.filter((metric) => prometheusNames(metric).some((name) => query.includes(name)))
      const points = queried.flatMap(({ histogram, sum }) => [
        ...(histogram?.dataPoints ?? []),
        ...(sum?.dataPoints ?? [])
      ])
      const sent = points.flatMap(({ attributes }) => attributes.map(({ key }) => key))
      expect(
        labels.filter((label) => label !== "le" && !sent.includes(label)),
        query
      ).toEqual([])
    }
  })

  it("gets no secret and no user", () => {
    const all = bodies.map(({ body }) => body).join()
    for (const secret of ["alice", "pbkdf2", "127.0.0.1:5", database.url]) expect(all).not.toContain(secret)
    // Session keys and CSRF secrets have 32 letters and digits; trace ids are hexadecimal.
    const keys = all.match(/\b[a-zA-Z0-9]{32}\b/g)?.filter((word) => /[g-zA-Z]/.test(word))
    expect(keys ?? []).toEqual([])
  })
})
