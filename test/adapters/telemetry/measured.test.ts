/** What an application that measures sees: spans, their parents and attributes, counters, durations. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Tracer from "effect/Tracer"
import { beforeEach, describe, expect, it } from "vitest"
import { Busy, StoreUnavailable } from "../../../src/adapters/errors/errors.ts"
import { counters, type Telemetry } from "../../../src/adapters/ports/telemetry.ts"
import { effectTelemetry } from "../../../src/adapters/telemetry/effect-telemetry.ts"
import { counted as countedBy, tracedCall, tracedOperation } from "../../../src/adapters/telemetry/traced.ts"
import { testSite } from "../../../src/testing/index.ts"

const spans: Array<Tracer.NativeSpan> = []
const counted: Array<readonly [string, Readonly<Record<string, string>>]> = []
const measured: Array<Readonly<Record<string, string>>> = []

const telemetry: Telemetry = {
  tracer: Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  }),
  count: (...one) => Effect.sync(() => void counted.push(one)),
  measure: (seconds, attributes) =>
    Effect.sync(() => {
      expect(seconds).toBeGreaterThanOrEqual(0)
      measured.push(attributes)
    })
}

beforeEach(() => {
  for (const list of [spans, counted, measured]) list.length = 0
})

type Site = ReturnType<typeof makeSite>
const makeSite = () => testSite({ auth: { telemetry }, userSessions: true })
type Context = ReturnType<Site["auth"]["open"]>["context"]

/** One request with this browser's cookies. */
const request = async (
  site: Site,
  cookies: ReadonlyArray<string>,
  handle: (context: Context) => Promise<unknown>,
  method = "GET"
): Promise<ReadonlyArray<string>> => {
  const request = site.auth.open({
    method,
    target: "/",
    headers: [
      ["Host", "localhost"],
      ["Cookie", cookies.map((line) => line.split(";")[0]).join("; ")]
    ],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  await request.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
  await handle(request.context)
  return (await request.respond(200)).cookies
}

const logIn = async (context: Context): Promise<void> => {
  const user = await context.authenticate({ username: "alice", password: "alice's password" })
  if (user !== undefined) await context.login(user)
}

/** `name < parent`, in the order of their starts. */
const tree = (): ReadonlyArray<string> =>
  spans.map(({ name, parent }) =>
    parent._tag === "Some" && parent.value._tag === "Span" ? `${name} < ${parent.value.name}` : name
  )

describe("spans", () => {
  it("are one for each operation, with one for each call of a store below it", async () => {
    const site = makeSite()
    const cookies = await request(site, [], logIn)
    expect(tree()).toEqual([
      "latchkey.authenticate",
      "latchkey.askBackend < latchkey.authenticate",
      "latchkey.login",
      "latchkey.recordLogin < latchkey.login",
      "latchkey.respond",
      "latchkey.commitSession < latchkey.respond"
    ])
    expect(spans.every(({ status }) => status._tag === "Ended")).toBe(true)
    expect(spans.map(({ attributes }) => attributes.get("latchkey.store_calls"))).toEqual([1, 1, 1, 1, 1, 1])
    spans.length = 0
    await request(site, cookies, ({ getUser }) => Promise.all([getUser(), getUser()]))
    expect(tree().filter((name) => name.startsWith("latchkey.loadSession"))).toHaveLength(1)
    spans.length = 0
    await request(site, cookies, ({ logout }) => logout())
    expect(tree()).toContain("latchkey.logout")
    expect(counted).toEqual([
      ["latchkey.logins", {}],
      ["latchkey.logouts", {}]
    ])
    expect(measured).toContainEqual({ operation: "login", outcome: "ok" })
  })

  it("hold no secret, no user and no address", async () => {
    const site = makeSite()
    const cookies = await request(site, [], logIn)
    await request(site, cookies, async ({ getUser, getCsrfToken, session, setPassword }) => {
      await session.set("secret", "a value")
      await getCsrfToken()
      const user = await getUser()
      if (user !== undefined) await setPassword(user, "another password")
    })
    const attributes = new Set(spans.flatMap((span) => [...span.attributes.keys()]))
    expect([...attributes].sort()).toEqual(["latchkey.statements", "latchkey.store_calls"])
    const written = JSON.stringify([spans.map((span) => [span.name, [...span.attributes]]), counted, measured])
    for (const secret of ["alice", "password'", "a value", ...cookies.map((line) => /=([^;]*)/.exec(line)?.[1] ?? "")])
      expect(written).not.toContain(secret)
  })

  it("of loads of permissions and of lists of sessions are below the operation that needs them", async () => {
    const site = makeSite()
    const cookies = await request(site, [], logIn)
    spans.length = 0
    await request(site, cookies, async ({ endOtherSessions, hasPerm, listSessions }) => {
      await hasPerm("blog.add_post")
      await hasPerm("blog.change_post")
      await listSessions()
      await endOtherSessions()
    })
    const nameOf = (id: string) => spans.find(({ spanId }) => spanId === id)?.name
    const placed = spans.flatMap(({ name, parent }) =>
      parent._tag === "Some" ? [`${nameOf(parent.value.spanId)} > ${name}`] : []
    )
    expect(placed).toEqual([
      "latchkey.hasPerm > latchkey.loadSession",
      "latchkey.hasPerm > latchkey.loadPermissions",
      "latchkey.listSessions > latchkey.loadUser",
      "latchkey.listSessions > latchkey.loadSessions",
      "latchkey.endOtherSessions > latchkey.loadSessions"
    ])
  })

  it("name the kind of an error, and nothing else of it", async () => {
    const error = new StoreUnavailable({ operation: "load", cause: new Error("host db.internal") })
    await Effect.runPromiseExit(tracedOperation(telemetry, "getUser", Effect.fail(error)))
    const [span] = spans
    expect([...(span?.attributes ?? [])]).toContainEqual(["error.type", "StoreUnavailable"])
    expect(span?.events).toEqual([])
    expect(measured).toEqual([{ operation: "getUser", outcome: "StoreUnavailable" }])
  })

  it("end if the operation is interrupted or has a bug", async () => {
    const interrupted = await Effect.runPromiseExit(tracedOperation(telemetry, "login", Effect.interrupt))
    const died = await Effect.runPromiseExit(tracedOperation(telemetry, "login", Effect.die("a bug")))
    expect([Exit.isFailure(interrupted), Exit.isFailure(died)]).toEqual([true, true])
    expect(measured.map(({ outcome }) => outcome)).toEqual(["interrupted", "defect"])
    expect(spans.map(({ status }) => status._tag)).toEqual(["Ended", "Ended"])
  })
})

describe("counters", () => {
  it("count wrong passwords", async () => {
    await request(makeSite(), [], ({ authenticate }) => authenticate({ username: "alice", password: "wrong" }))
    expect(counted).toEqual([["latchkey.login.failures", {}]])
  })

  it("do not count a login whose session was not stored", async () => {
    const site = makeSite()
    site.network.fail("all", "refused", ["Insert"])
    await expect(request(site, [], logIn)).rejects.toThrow()
    expect(counted.map(([name]) => name)).toEqual(["latchkey.unavailable"])
  })

  it("count refusals of the CSRF check, each request once", async () => {
    await expect(request(makeSite(), [], async () => {}, "POST")).rejects.toThrow()
    expect(counted).toEqual([["latchkey.csrf.refusals", { operation: "checkAccess", error: "CsrfFailed" }]])
  })

  it("count outages and full queues", async () => {
    const site = makeSite()
    const cookies = await request(site, [], logIn)
    counted.length = 0
    site.network.fail("all", "refused")
    await request(site, cookies, ({ getUser }) => getUser().catch(() => {})).catch(() => {})
    await Effect.runPromiseExit(
      tracedOperation(telemetry, "authenticate", Effect.fail(new Busy({ retryAfterSeconds: 1 })))
    )
    expect(counted[0]).toEqual(["latchkey.unavailable", { operation: "getUser", error: "StoreUnavailable" }])
    expect(counted.at(-1)).toEqual(["latchkey.busy", { operation: "authenticate", error: "Busy" }])
  })

  it("count conflicts, which are retried", async () => {
    const site = makeSite()
    const cookies = await request(site, [], logIn)
    counted.length = 0
    await request(site, cookies, async ({ session }) => {
      await session.set("a", 1)
      await request(site, cookies, (other) => other.session.set("b", 2))
    })
    expect(counted).toEqual([["latchkey.session.conflicts", {}]])
  })
})

describe("with Effect's own metrics", () => {
  it("the counters are in Effect's registry, with the names of the documentation", async () => {
    const names = await Effect.runPromise(
      Effect.gen(function* () {
        yield* effectTelemetry().count("latchkey.logins", {})
        yield* tracedOperation(effectTelemetry(), "getUser", Effect.void)
        return (yield* Metric.snapshot).map(({ id }) => id)
      })
    )
    expect(names).toEqual(expect.arrayContaining(["latchkey.logins", "latchkey.operation.duration"]))
    expect(Object.keys(counters)).toContain("latchkey.logins")
  })
})

describe("while nothing receives them", () => {
  const effect = Effect.succeed(1)
  const only = (spans: boolean, measurements: boolean): Telemetry => ({
    ...telemetry,
    receivesSpans: () => spans,
    receivesMeasurements: () => measurements
  })
  const services = (spans: boolean, measurements: boolean) => ({ telemetry: only(spans, measurements) })

  it("an operation and a call of a store are the Effects that were given, and nothing is counted", async () => {
    expect(tracedOperation(only(false, false), "getUser", effect)).toBe(effect)
    expect(tracedCall(services(false, false), "loadUser", effect)).toBe(effect)
    await Effect.runPromise(countedBy(services(false, false), "latchkey.logins"))
    expect(counted).toEqual([])
  })

  it("spans are made without measurements, and measurements taken without spans", async () => {
    await Effect.runPromise(tracedOperation(only(true, false), "getUser", effect))
    expect([spans.length, measured.length]).toEqual([1, 0])
    await Effect.runPromise(tracedOperation(only(false, true), "getUser", effect))
    await Effect.runPromise(countedBy(services(false, true), "latchkey.logins"))
    expect([spans.length, measured.length, counted.length]).toEqual([1, 1, 1])
    expect(tracedCall(services(false, true), "loadUser", effect)).toBe(effect)
  })

  it("a request is as without telemetry, and is measured from the request on that comes after the SDK", async () => {
    let isReceived = false
    const site = testSite({
      auth: { telemetry: { ...telemetry, receivesSpans: () => isReceived, receivesMeasurements: () => isReceived } }
    })
    const cookies = await request(site, [], logIn)
    expect([spans, counted, measured]).toEqual([[], [], []])
    isReceived = true
    await request(site, cookies, ({ getUser }) => getUser())
    expect(tree()).toContain("latchkey.getUser")
  })
})

describe("without telemetry", () => {
  it("an operation is the Effect that was given", () => {
    const effect = Effect.succeed(1)
    expect(tracedOperation(undefined, "getUser", effect)).toBe(effect)
  })
})
