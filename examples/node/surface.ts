/** The endpoints: a login, a session to write to, a user to ask for. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import { type AnyFields, type Auth, Core } from "latchkey"
import type { NodeAuthContext, NodeHandler } from "latchkey/node"
import type { DjangoUser } from "latchkey/postgres"
import { readJsonBody, type Shape, seconds, text, texts } from "./json-body.ts"

type Context = NodeAuthContext<DjangoUser, AnyFields>
type Endpoint = (context: Context, req: IncomingMessage, url: URL) => Promise<Answer> | Answer

interface Answer {
  readonly status: number
  readonly body: string
  readonly type?: string
  readonly headers?: Record<string, string>
}

export const surface = (auth: Auth<DjangoUser, AnyFields>): NodeHandler<DjangoUser, AnyFields> => {
  const endpoints = new Map<string, Endpoint>([
    ["GET /", () => plain(200, welcome)],
    ["GET /anon", () => plain(200, "ok")],
    [
      "GET /me",
      async ({ getUser }) => {
        const user = await getUser()
        return json(user === undefined ? 401 : 200, { user: user?.username ?? null })
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
      async ({ getUser }, req) => {
        const user = await getUser()
        return user === undefined ? redirectToLogin(req) : json(200, { user: user.username })
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
      async ({ session }, _req, url) => {
        const failed = await session.get("failed")
        await session.set("failed", (typeof failed === "number" ? failed : 0) + 1)
        return plain(Number(url.searchParams.get("status") ?? "500"), "failed")
      }
    ],
    [
      "GET /slow",
      async ({ session }, _req, url) => {
        await session.get("slow")
        await wait(Number(url.searchParams.get("ms") ?? "0"))
        await session.set("slow", url.searchParams.get("n") ?? "0")
        return json(200, {})
      }
    ]
  ])
  const allowed = methodsByPath(endpoints.keys())

  return async (req, res, context) => {
    const url = new URL(`http://localhost${req.url ?? "/"}`)
    const methods = allowed.get(url.pathname)
    const method = req.method === "HEAD" ? "GET" : (req.method ?? "GET")
    const endpoint = endpoints.get(`${method} ${url.pathname}`)
    if (endpoint !== undefined) send(res, await endpoint(context, req, url))
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

const redirectToLogin = (req: IncomingMessage): Answer => ({
  ...plain(302, ""),
  headers: { location: `/accounts/login/?next=${encodeURIComponent(req.url ?? "/").replaceAll("%2F", "/")}` }
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
