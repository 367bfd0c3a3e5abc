/**
 * A receiver of OTLP over HTTP, as a process of its own: a small collector. It accepts spans and metrics in the JSON form of
 * the protocol, also compressed, and refuses what is not of that form, with 400 and a line in `/problems`. It prints
 * `receiving at <url>`.
 *
 * | request            | answer                                                                             |
 * | ------------------ | ---------------------------------------------------------------------------------- |
 * | POST /v1/traces    | stores the spans                                                                   |
 * | POST /v1/metrics   | stores the metrics; the latest value of each counts                                |
 * | GET /spans         | all spans as JSON                                                                  |
 * | GET /metrics       | the metrics as Prometheus reads them from a collector                              |
 * | GET /problems      | what was refused, as JSON                                                          |
 * | GET /bodies        | all that was sent, as text                                                         |
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
import { createServer } from "node:http"
import { buffer } from "node:stream/consumers"
import { gunzipSync } from "node:zlib"

type Json = Readonly<Record<string, unknown>>

const problems: Array<string> = []
const bodies: Array<string> = []
const spans: Array<Json> = []
/** Lines of the Prometheus format, by metric and labels. */
const samples = new Map<string, string>()
const types = new Map<string, string>()

class Malformed extends Error {}

const check = (holds: boolean, what: string): void => {
  if (!holds) throw new Malformed(what)
}

const object = (value: unknown, what: string): Json => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed(`${what} is no object`)
  return Object(value)
}

const list = (value: unknown, what: string): ReadonlyArray<Json> => {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new Malformed(`${what} is no list`)
  return value.map((one) => object(one, what))
}

const text = (value: unknown, pattern: RegExp, what: string): string => {
  if (typeof value !== "string" || !pattern.test(value)) throw new Malformed(`${what} is ${JSON.stringify(value)}`)
  return value
}

/** 64-bit numbers are decimal strings in JSON; numbers are accepted too. */
const whole = (value: unknown, what: string): bigint => {
  check((typeof value === "string" && /^\d+$/.test(value)) || Number.isSafeInteger(value), `${what} is ${value}`)
  return BigInt(String(value))
}

const attributesOf = (value: unknown): Readonly<Record<string, string | number>> =>
  Object.fromEntries(
    list(value, "attributes").map(({ key, value }) => {
      const of = object(value, "value")
      const [kind = "", content] = Object.entries(of)[0] ?? []
      check(/^(stringValue|intValue|boolValue|doubleValue)$/.test(kind), `the value of ${key} is a ${kind}`)
      return [text(key, /./, "key"), kind === "intValue" ? Number(content) : String(content)]
    })
  )

// ---- spans -------------------------------------------------------------------------------------------------------

const receiveSpans = (body: Json): void => {
  for (const resource of list(body["resourceSpans"], "resourceSpans"))
    for (const scope of list(resource["scopeSpans"], "scopeSpans"))
      for (const span of list(scope["spans"], "spans")) {
        const [start, end] = [whole(span["startTimeUnixNano"], "start"), whole(span["endTimeUnixNano"], "end")]
        check(start > 0n && start <= end, `a span from ${start} to ${end}`)
        spans.push({
          scope: object(scope["scope"], "scope")["name"],
          name: text(span["name"], /./, "name"),
          traceId: text(span["traceId"], /^[0-9a-f]{32}$/, "traceId"),
          spanId: text(span["spanId"], /^[0-9a-f]{16}$/, "spanId"),
          parentSpanId:
            span["parentSpanId"] === undefined ? "" : text(span["parentSpanId"], /^([0-9a-f]{16})?$/, "parent"),
          attributes: attributesOf(span["attributes"]),
          status: object(span["status"] ?? {}, "status")["code"] ?? 0,
          events: list(span["events"], "events").length
        })
      }
}

// ---- metrics -----------------------------------------------------------------------------------------------------

/** The name in Prometheus: dots become underscores, then the unit, then `_total` for counters. */
const prometheusName = (name: string, unit: unknown): string =>
  name.replace(/[^a-zA-Z0-9_]/g, "_") + (unit === "s" ? "_seconds" : "")

const sample = (name: string, labels: Readonly<Record<string, string | number>>, value: number | bigint): void => {
  const pairs = Object.entries(labels).map(
    ([key, value]) => `${key.replaceAll(".", "_")}=${JSON.stringify(String(value))}`
  )
  const series = pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`
  samples.set(series, `${series} ${value}`)
}

const receiveMetrics = (body: Json): void => {
  for (const resource of list(body["resourceMetrics"], "resourceMetrics"))
    for (const scope of list(resource["scopeMetrics"], "scopeMetrics"))
      for (const metric of list(scope["metrics"], "metrics")) receiveMetric(metric)
}

const receiveMetric = ({ histogram, name, sum, unit }: Json): void => {
  const base = prometheusName(text(name, /^[a-z][\w.]*$/, "name"), unit)
  if (sum !== undefined) {
    const { aggregationTemporality, dataPoints, isMonotonic } = object(sum, "sum")
    check(aggregationTemporality === 2 && isMonotonic === true, `${name} is no cumulative counter`)
    types.set(`${base}_total`, "counter")
    for (const { asDouble, asInt, attributes } of list(dataPoints, "dataPoints"))
      sample(`${base}_total`, attributesOf(attributes), asInt === undefined ? Number(asDouble) : whole(asInt, "asInt"))
    return
  }
  const { aggregationTemporality, dataPoints } = object(histogram, `${name}`)
  check(aggregationTemporality === 2, `${name} is no cumulative histogram`)
  types.set(base, "histogram")
  for (const point of list(dataPoints, "dataPoints")) {
    const bounds: ReadonlyArray<number> = Object(point["explicitBounds"])
    const counts: ReadonlyArray<unknown> = Object(point["bucketCounts"])
    check(counts.length === bounds.length + 1, `${name} has ${counts.length} buckets for ${bounds.length} bounds`)
    const labels = attributesOf(point["attributes"])
    let below = 0n
    for (const [at, count] of counts.entries()) {
      below += whole(count, "bucketCounts")
      sample(`${base}_bucket`, { ...labels, le: bounds[at] ?? "+Inf" }, below)
    }
    const count = whole(point["count"], "count")
    check(below === count, `${name} counts ${count}, and its buckets ${below}`)
    sample(`${base}_count`, labels, count)
    sample(`${base}_sum`, labels, Number(point["sum"]))
  }
}

// ---- HTTP --------------------------------------------------------------------------------------------------------

const pages: Readonly<Record<string, () => string>> = {
  "/spans": () => JSON.stringify(spans),
  "/problems": () => JSON.stringify(problems),
  "/bodies": () => bodies.join("\n"),
  "/metrics": () => [...[...types].map(([name, type]) => `# TYPE ${name} ${type}`), ...samples.values(), ""].join("\n")
}

const server = createServer(async (req, res) => {
  const { headers, method, url = "" } = req
  const page = pages[url]
  if (method === "GET" && page !== undefined) return void res.end(page())
  try {
    check(method === "POST" && (url === "/v1/traces" || url === "/v1/metrics"), `${method} ${url}`)
    check(headers["content-type"]?.split(";")[0] === "application/json", `content-type ${headers["content-type"]}`)
    const sent = await buffer(req)
    const body = (headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent).toString()
    bodies.push(body)
    const message = object(JSON.parse(body), "the message")
    if (url === "/v1/traces") receiveSpans(message)
    else receiveMetrics(message)
    res.setHeader("content-type", "application/json").end("{}")
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
    res.writeHead(400).end()
  }
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  console.log(`receiving at http://127.0.0.1:${typeof address === "object" ? address?.port : ""} `)
})
