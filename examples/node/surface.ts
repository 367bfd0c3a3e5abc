/** The endpoints: a login, a session to write to, a user to ask for. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { text as bodyText } from "node:stream/consumers"
import { setTimeout as wait } from "node:timers/promises"
import { type AnyFields, type Auth, Core } from "latchkey"
import type { NodeAuthContext, NodeHandler } from "latchkey/node"
import type { DjangoUser } from "latchkey/postgres"
import { readJsonBody, type Shape, seconds, text, texts } from "./json-body.ts"

type Context = NodeAuthContext<DjangoUser, AnyFields>
type Endpoint = (context: Context, req: IncomingMessage, query: URLSearchParams) => Promise<Answer> | Answer

interface Answer {
  readonly status: number
  readonly body: string
  readonly type?: string
  readonly headers?: Record<string, string>
}

/** What needs a CSRF token: the one endpoint that is there to show it. The others are for clients that are no browsers. */
export const isExempt = (req: IncomingMessage): boolean => targetOf(req).path !== "/protected"

export const surface = (auth: Auth<DjangoUser, AnyFields>): NodeHandler<DjangoUser, AnyFields> => {
  const endpoints = new Map<string, Endpoint>([
    ["GET /", () => plain(200, welcome)],
    ["GET /anon", () => plain(200, "ok")],
    [
      "GET /me",
      async ({ getUser }) => {
        const answer = await nameOf(getUser)
        return json(answer.user === null ? 401 : 200, answer)
      }
    ],
    [
      "POST /login",
      withBody([text("username"), text("password")], async ({ authenticate, login }, [username, password]) => {
        const user = await authenticate({ username, password })
        if (user === undefined) return json(401, { error: "invalid" })
        await login(user)
        return json(200, { user: user.username })
      })
    ],
    [
      "POST /logout",
      withBody([], async ({ logout }) => {
        await logout()
        return json(200, { user: null })
      })
    ],
    [
      "POST /password",
      withBody(
        [text("old"), text("new")],
        async ({ getUser, setPassword, updateSessionAuthHash }, [old, replacement]) => {
          const user = await getUser()
          if (user === undefined) return json(401, { user: null })
          if (!(await auth.checkPassword(user, old))) return json(400, { error: "old password" })
          await setPassword(user, replacement)
          await updateSessionAuthHash(user)
          return json(200, { user: user.username })
        }
      )
    ],
    [
      "GET /members",
      async ({ getUser, loginRequired }) => guarded(await loginRequired(), async () => json(200, await nameOf(getUser)))
    ],
    [
      "GET /editors",
      async ({ getUser, loginRequired, permissionRequired }) =>
        guarded(await loginRequired(), async () =>
          guarded(await permissionRequired("auth.change_user", "Forbid"), async () => json(200, await nameOf(getUser)))
        )
    ],
    ["GET /perms", async ({ hasPerm }, _req, query) => json(200, { has: await hasPerm(last(query, "perm") ?? "") })],
    ["GET /csrf", async ({ getCsrfToken }) => json(200, { token: await getCsrfToken() })],
    [
      "POST /protected",
      async ({ verifyCsrf }, req) => {
        if (req.headers["content-type"]?.startsWith("application/x-www-form-urlencoded"))
          await verifyCsrf(new URLSearchParams(await bodyText(req)))
        return json(200, { ok: true })
      }
    ],
    ["GET /session", ({ session }) => wholeSession(session)],
    ["POST /session", mergeIntoSession],
    [
      "POST /session/delete",
      withBody([texts("keys")], async ({ session }, [keys]) => {
        for (const key of keys) await session.delete(key)
        return wholeSession(session)
      })
    ],
    [
      "POST /session/expiry",
      withBody([seconds("seconds")], async ({ session }, [expiry]) => {
        await session.setExpiry(expiry.seconds)
        return json(200, {})
      })
    ],
    [
      "POST /session/cycle",
      withBody([], async ({ session }) => {
        await session.cycleKey()
        return json(200, {})
      })
    ],
    [
      "POST /session/flush",
      withBody([], async ({ session }) => {
        await session.flush()
        return json(200, {})
      })
    ],
    [
      "GET /fail",
      async ({ session }, _req, query) => {
        const failed = await session.get("failed")
        await session.set("failed", (typeof failed === "number" ? failed : 0) + 1)
        return plain(Number(last(query, "status") ?? "500"), "failed")
      }
    ],
    [
      "GET /slow",
      async ({ session }, _req, query) => {
        await session.get("slow")
        await wait(Number(last(query, "ms") ?? "0"))
        await session.set("slow", last(query, "n") ?? "0")
        return json(200, {})
      }
    ]
  ])
  const allowed = methodsByPath(endpoints.keys())

  return async (req, res, context) => {
    const { path, query } = targetOf(req)
    const methods = allowed.get(path)
    const method = req.method === "HEAD" ? "GET" : (req.method ?? "GET")
    const endpoint = endpoints.get(`${method} ${path}`)
    if (endpoint !== undefined) send(res, await endpoint(context, req, query))
    else if (methods === undefined) send(res, plain(404, "not found"))
    else send(res, { ...plain(405, "method not allowed"), headers: { allow: methods.join(", ") } })
  }
}

// ---- endpoints ---------------------------------------------------------------------------------------------------

const mergeIntoSession: Endpoint = async ({ session }, req) => {
  const body = await readJsonBody(req)
  if (body._tag !== "Body") return refused(body)
  if ([...body.data.keys()].some((key) => key.startsWith("_")))
    return badRequest("keys that begin with _ belong to the framework")
  await session.raw.update(body.data)
  return wholeSession(session)
}

const wholeSession = async (session: Context["session"]): Promise<Answer> => ({
  ...json(200, {}),
  body: Core.Json.writeObject(await session.raw.all())
})

/** Carries out what a guard decided. */
const guarded = async (decision: Core.Guards.Decision, answer: () => Promise<Answer>): Promise<Answer> => {
  switch (decision._tag) {
    case "Allowed":
      return answer()
    case "Redirect":
      return { ...plain(302, ""), headers: { location: decision.location } }
    case "Forbidden":
      return plain(403, "forbidden")
    case "BadRequest":
      return badRequest(decision.reason)
    default:
      return decision satisfies never
  }
}

const nameOf = async (getUser: Context["getUser"]): Promise<{ readonly user: string | null }> => ({
  user: (await getUser())?.username ?? null
})

const withBody =
  <Shapes extends ReadonlyArray<Shape<unknown>>>(
    shapes: readonly [...Shapes],
    answer: (context: Context, values: Values<Shapes>) => Promise<Answer>
  ): Endpoint =>
  async (context, req) => {
    const body = await readJsonBody(req)
    if (body._tag !== "Body") return refused(body)
    const values = shapes.map((shape) => shape(body.data))
    return isComplete<Shapes>(values) ? answer(context, values) : badRequest("a member is missing or of the wrong kind")
  }

type Values<Shapes extends ReadonlyArray<Shape<unknown>>> = {
  readonly [Index in keyof Shapes]: NonNullable<ReturnType<Shapes[Index]>>
}

const isComplete = <Shapes extends ReadonlyArray<Shape<unknown>>>(
  values: ReadonlyArray<unknown>
): values is Values<Shapes> => values.every((value) => value !== undefined)

/** Path and query as they were sent: percent escapes decoded, dots left alone, origin and fragment dropped. */
const targetOf = (req: IncomingMessage): { readonly path: string; readonly query: URLSearchParams } => {
  const target = (req.url ?? "/").replace(/^https?:\/\/[^/?#]*/i, "").replace(/#.*/, "")
  const [path = "", ...rest] = target.split("?")
  return { path: decoded(path), query: new URLSearchParams(rest.join("?")) }
}

/** Of a repeated name the last one counts. */
const last = (query: URLSearchParams, name: string): string | undefined => query.getAll(name).at(-1)

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

// ---- answers -----------------------------------------------------------------------------------------------------

const json = (status: number, body: unknown): Answer => ({
  status,
  body: JSON.stringify(body),
  type: "application/json"
})

const plain = (status: number, body: string): Answer => ({ status, body, type: "text/plain; charset=utf-8" })

const badRequest = (detail: string): Answer => json(400, { error: "bad request", detail })

const refused = (body: { readonly _tag: "TooLarge" } | { readonly _tag: "Malformed"; readonly detail: string }) =>
  body._tag === "TooLarge" ? json(413, { error: "too large" }) : badRequest(body.detail)

const send = (res: ServerResponse, { body, headers, status, type }: Answer): void => {
  res.writeHead(status, { ...headers, "content-type": type ?? "text/plain", "content-length": Buffer.byteLength(body) })
  res.end(body)
}

const methodsByPath = (rows: Iterable<string>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const methods = new Map<string, ReadonlyArray<string>>()
  for (const row of rows) {
    const [method = "", path = ""] = row.split(" ")
    methods.set(path, [...(methods.get(path) ?? []), method])
  }
  return methods
}

const welcome = `latchkey

  curl -c jar -d '{"username":"demo","password":"demo"}' localhost:3000/login
  curl -b jar localhost:3000/me
  curl -b jar -c jar -d '{}' localhost:3000/logout
`
