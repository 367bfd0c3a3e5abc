/** The JSON endpoints: login and logout, the session, the user and the user's permissions. */
import { setTimeout as wait } from "node:timers/promises"
import { type AnyFields, type AuthContext, Core } from "latchkey"
import type { DjangoUser } from "latchkey/postgres"
import { type Answer, badRequest, json, jsonText, plain, tooLarge } from "./answer.ts"
import type { SiteAuth } from "./application.ts"
import { readForm } from "./form.ts"
import { expiry, type JsonBody, readJsonBody, readShapes, type Shape, text, texts, type Values } from "./json-body.ts"
import { last, type SiteRequest } from "./request.ts"

export type SiteContext = AuthContext<DjangoUser, AnyFields>

/** Answers one request. It may write the session, which is stored before the answer is sent. */
export type Endpoint = (context: SiteContext, request: SiteRequest) => Promise<Answer>

export const anon: Endpoint = async () => plain(200, "ok")

export const me: Endpoint = async ({ getUser }) => {
  const answer = await nameOf(getUser)
  return json(answer.user === null ? 401 : 200, answer)
}

// ---- who ---------------------------------------------------------------------------------------------------------

const withBody =
  <Shapes extends ReadonlyArray<Shape<unknown>>>(
    shapes: readonly [...Shapes],
    answer: (context: SiteContext, values: Values<Shapes>) => Promise<Answer>
  ): Endpoint =>
  async (context, request) => {
    const body = await readJsonBody(request)
    if (body._tag !== "Body") return refused(body)
    const values = readShapes(shapes, body.data)
    return values === undefined ? badRequest("a member is missing or of the wrong kind") : answer(context, values)
  }

export const login = withBody(
  [text("username"), text("password")],
  async ({ authenticate, login }, [username, password]) => {
    const user = await authenticate({ username, password })
    if (user === undefined) return json(401, { error: "invalid" })
    await login(user)
    return json(200, { user: user.username })
  }
)

export const logout = withBody([], async ({ logout }) => {
  await logout()
  return json(200, { user: null })
})

export const changePassword = (auth: SiteAuth): Endpoint =>
  withBody([text("old"), text("new")], async ({ getUser, setPassword, updateSessionAuthHash }, [old, replacement]) => {
    const user = await getUser()
    if (user === undefined) return json(401, { user: null })
    if (!(await auth.checkPassword(user, old))) return json(400, { error: "old password" })
    await setPassword(user, replacement)
    await updateSessionAuthHash(user)
    return json(200, { user: user.username })
  })

// ---- who may -----------------------------------------------------------------------------------------------------

export const members: Endpoint = async ({ requireUser }) => json(200, { user: (await requireUser()).username })

/** Sends its own answer to users without the permission; most sites can use `requirePermission` instead. */
export const editors: Endpoint = async ({ hasPerm, requireUser }) => {
  const { username } = await requireUser()
  return (await hasPerm("auth.change_user")) ? json(200, { user: username }) : plain(403, "forbidden")
}

export const perms: Endpoint = async ({ hasPerm }, { query }) =>
  json(200, { has: await hasPerm(last(query, "perm") ?? "") })

export const csrf: Endpoint = async ({ getCsrfToken }) => json(200, { token: await getCsrfToken() })

/** A token in a header was already checked by the adapter. A token in a form is checked here; other bodies have none. */
export const protectedByCsrf: Endpoint = async ({ verifyCsrf }, request) => {
  const form = await readForm(request)
  if (form._tag === "TooLarge") return tooLarge
  await verifyCsrf(form.fields)
  return json(200, { ok: true })
}

// ---- the session -------------------------------------------------------------------------------------------------

export const readSession: Endpoint = async ({ session }) => wholeSession(session)

export const mergeIntoSession: Endpoint = async ({ session }, request) => {
  const body = await readJsonBody(request)
  if (body._tag !== "Body") return refused(body)
  if ([...body.data.keys()].some((key) => key.startsWith("_")))
    return badRequest("keys that begin with _ belong to the framework")
  await session.raw.update(body.data)
  return wholeSession(session)
}

export const deleteFromSession = withBody([texts("keys")], async ({ session }, [keys]) => {
  for (const key of keys) await session.delete(key)
  return wholeSession(session)
})

export const setExpiry = withBody([expiry], async ({ session }, [{ at }]) => {
  await session.setExpiry(at)
  return json(200, {})
})

export const cycleKey = withBody([], async ({ session }) => {
  await session.cycleKey()
  return json(200, {})
})

export const flush = withBody([], async ({ session }) => {
  await session.flush()
  return json(200, {})
})

export const fail: Endpoint = async ({ session }, { query }) => {
  const status = wholeNumber(last(query, "status") ?? "500")
  if (status === undefined || status < 200 || status > 599) return badRequest("status is no status of an answer")
  const failed = await session.get("failed")
  await session.set("failed", (typeof failed === "number" ? failed : 0) + 1)
  return plain(status, hasNoBody(status) ? "" : "failed")
}

export const slow: Endpoint = async ({ session }, { query }) => {
  await session.get("slow")
  await wait(wholeNumber(last(query, "ms") ?? "0") ?? 0)
  await session.set("slow", last(query, "n") ?? "0")
  return json(200, {})
}

// ---- parts -------------------------------------------------------------------------------------------------------

const wholeSession = async (session: SiteContext["session"]): Promise<Answer> =>
  jsonText(200, Core.Json.writeObject(await session.raw.all()))

const nameOf = async (getUser: SiteContext["getUser"]): Promise<{ readonly user: string | null }> => ({
  user: (await getUser())?.username ?? null
})

const refused = (body: Exclude<JsonBody, { readonly _tag: "Body" }>): Answer =>
  body._tag === "TooLarge" ? tooLarge : badRequest(body.detail)

const wholeNumber = (written: string): number | undefined => (/^\d{1,9}$/.test(written) ? Number(written) : undefined)

const hasNoBody = (status: number): boolean => status === 204 || status === 205 || status === 304
