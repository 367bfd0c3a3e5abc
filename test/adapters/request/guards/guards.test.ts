/** Guards and forms on one request, without a server: their errors, and the response after them. */
import * as Effect from "effect/Effect"
import { beforeEach, describe, expect, it } from "vitest"
import type { AuthContext } from "../../../../src/adapters/api/per-request/promises.ts"
import {
  BadRequest,
  CsrfFailed,
  Forbidden,
  LoginRequired,
  StoreUnavailable
} from "../../../../src/adapters/errors/errors.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { type Application, application, browser, logIn } from "../site.ts"

const secret = "abcdefghijklmnopqrstuvwxyz012345"
const formType = ["Content-Type", "application/x-www-form-urlencoded"] as const

let site: Application
let cookie: string
beforeEach(async () => {
  site = await application({ allowedHosts: ["localhost"] })
  const visitor = browser(site)
  await visitor.visit(logIn())
  cookie = `sessionid=${visitor.cookies.get("sessionid")}; csrftoken=${secret}`
})

interface Asking {
  readonly method?: string
  readonly rewrittenMethod?: string
  readonly headers?: ReadonlyArray<readonly [string, string]>
  readonly hasNoBody?: boolean
  readonly isAlice?: boolean
  readonly body?: unknown
}

type Context = AuthContext<MemoryUser, AnyFields>

/** One request through admission, handler and response. */
const ask = async (handler: (context: Context) => unknown, asking: Asking = {}, status = 200): Promise<unknown> => {
  const { body, hasNoBody = false, headers = [], isAlice = false, method = "GET", rewrittenMethod = method } = asking
  const request = site.auth.open({
    method,
    rewrittenMethod,
    hasNoBody,
    target: "/page?a=1",
    headers: [["Host", "localhost"], ...(isAlice ? [["Cookie", cookie] as const] : []), ...headers],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  try {
    await request.enter({ body, exempt: () => false, loginRequired: undefined })
    const answer = await handler(request.context)
    await request.respond(status)
    return answer
  } catch (error) {
    return error
  }
}

describe("a guard that ends the request", () => {
  const alice = { isAlice: true }

  it("returns the user", async () => {
    expect(await ask(async ({ requireUser }) => (await requireUser()).username, alice)).toBe("alice")
    expect(await ask(async ({ requireUserWhere }) => (await requireUserWhere(() => true)).username, alice)).toBe(
      "alice"
    )
  })

  it("fails with the login page for anonymous visitors, and with Forbidden for users", async () => {
    const location = "/accounts/login/?next=/page%3Fa%3D1"
    for (const guard of [
      ({ requireUser }: Context) => requireUser(),
      ({ requirePermission }: Context) => requirePermission("blog.edit"),
      ({ requireUserWhere }: Context) => requireUserWhere(() => expect.fail("asked for an anonymous visitor"))
    ])
      expect(await ask(guard)).toEqual(new LoginRequired({ location, asksForJson: false }))
    expect(await ask(({ requirePermission }) => requirePermission("blog.edit"), alice)).toEqual(new Forbidden())
    expect(await ask(({ requireUserWhere }) => requireUserWhere(() => false), alice)).toEqual(new Forbidden())
  })

  it("requires every named permission", async () => {
    site.stores.users.change("1", { isSuperuser: true })
    expect(await ask(({ requirePermission }) => requirePermission("a.b", "a.c"), alice)).toMatchObject({ id: 1 })
    site.stores.users.change("1", { isSuperuser: false })
    expect(await ask(({ requirePermission }) => requirePermission("a.b", "a.c"), alice)).toEqual(new Forbidden())
    expect(await ask(({ requirePermission }) => requirePermission([]), alice)).toBeInstanceOf(TypeError)
  })

  it.each([200, 201, 204, 304])("replaces a response of %i that ignores it", async (status) => {
    const ignored = [
      ({ requireUser }: Context) => void requireUser(),
      ({ requireUser }: Context) => requireUser().catch(() => "the page"),
      async ({ loginRequired }: Context) => void (await loginRequired()),
      async ({ loginRequired }: Context) => void JSON.stringify(await loginRequired()),
      async ({ permissionRequired }: Context) => ((await permissionRequired("a.b")) ? "the page" : undefined)
    ]
    for (const handler of ignored) expect(await ask(handler, {}, status)).toBeInstanceOf(LoginRequired)
    for (const handler of ignored.slice(0, 4)) expect(await ask(handler, alice, status)).not.toBeInstanceOf(Error)
  })

  it.each([302, 401, 403, 404])("lets a response of %i pass, which shows no page", async (status) => {
    expect(await ask(({ requireUser }) => requireUser().catch(() => "mine"), {}, status)).toBe("mine")
  })

  it("is checked before an early commit", async () => {
    const early = async ({ commit, requireUser, session }: Context) => {
      await session.set("a", 1)
      void requireUser()
      await commit()
      return "the page"
    }
    const before = site.stores.sessions.rows.size
    expect(await ask(early)).toBeInstanceOf(LoginRequired)
    expect(site.stores.sessions.rows.size).toBe(before)
    expect(await ask(early, alice)).toBe("the page")
  })

  it("is awaited by the response, even with a slow store", async () => {
    const { sessions } = memory()
    const load: typeof sessions.load = (key, now) => Effect.delay(sessions.load(key, now), "20 millis")
    site = await application({ sessions: { ...sessions, load }, allowedHosts: ["localhost"] })
    expect(await ask(({ requireUser }) => void requireUser(), alice)).toBeInstanceOf(LoginRequired)
  })

  it("is left to the handler once it has read the guard's decision", async () => {
    expect(await ask(async ({ loginRequired }) => (await loginRequired())._tag)).toBe("Redirect")
  })

  it("is a bad request at a host that is not served", async () => {
    const foreign = { headers: [["X-Forwarded-Host", "localhost"]] as const }
    expect(await ask(({ requireUser }) => requireUser(), foreign)).toBeInstanceOf(LoginRequired)
    site = await application({ allowedHosts: ["shop.example"] })
    expect(await ask(({ requireUser }) => requireUser())).toBeInstanceOf(BadRequest)
  })
})

describe("a form whose token has not been checked", () => {
  const form = { method: "POST", headers: [formType], isAlice: true }

  it("has no user and no session, and is refused", async () => {
    for (const read of [
      ({ getUser }: Context) => getUser(),
      ({ session }: Context) => session.get("a"),
      async ({ session }: Context) => session.key(),
      ({ hasPerm }: Context) => hasPerm("a.b"),
      ({ requireUser }: Context) => requireUser()
    ])
      expect(await ask(read, form, 404)).toMatchObject({ _tag: "CsrfFailed", isMissingVerifyCsrf: true })
    expect(await ask(() => "the page", form)).toMatchObject({ _tag: "CsrfFailed", isMissingVerifyCsrf: true })
    expect(await ask(() => "not found", form, 404)).toBe("not found")
  })

  it("has its user once the token was accepted, in the form or in the header", async () => {
    const verified = async ({ getUser, verifyCsrf }: Context) => {
      await verifyCsrf({ csrfmiddlewaretoken: secret })
      return (await getUser())?.username
    }
    expect(await ask(verified, form)).toBe("alice")
    const headers = [formType, ["X-CSRFToken", secret]] as const
    expect(await ask(async ({ getUser }) => (await getUser())?.username, { ...form, headers })).toBe("alice")
    const body = { csrfmiddlewaretoken: secret }
    expect(await ask(async ({ getUser }) => (await getUser())?.username, { ...form, body })).toBe("alice")
  })

  it("is anonymous once the token was wrong, and the 403 still names the token as the reason", async () => {
    const refused = async ({ getUser, verifyCsrf }: Context) => {
      await verifyCsrf({ csrfmiddlewaretoken: "x".repeat(32) }).catch(() => {})
      return getUser()
    }
    const wrong = new CsrfFailed({ reason: "CSRF token from POST incorrect." })
    expect(await ask(refused, form, 404)).toEqual(wrong)
    expect(await ask(({ verifyCsrf }) => verifyCsrf({}).catch(() => "the page"), form)).toBeInstanceOf(CsrfFailed)
  })

  it("is refused before its handler runs if it has no body", async () => {
    expect(await ask(() => expect.fail("the handler ran"), { ...form, hasNoBody: true })).toEqual(
      new CsrfFailed({ reason: "CSRF token missing." })
    )
  })

  it("gives a log its user after the response, and not before", async () => {
    expect(await ask(({ userForLog }) => userForLog(), form, 404)).toBeInstanceOf(Error)
    const afterCommit = async ({ commit, userForLog }: Context) => {
      await commit().catch(() => {})
      return userForLog()
    }
    expect(await ask(afterCommit, form, 404)).toMatchObject({
      message: expect.stringContaining("has not been sent")
    })
    let log: () => Promise<MemoryUser | undefined> = () => expect.fail()
    await ask(
      (context) => {
        log = context.userForLog
      },
      form,
      404
    )
    expect((await log())?.username).toBe("alice")
  })
})

describe("an outage", () => {
  beforeEach(async () => {
    const sessions = memory().sessions
    const down = Effect.fail(new StoreUnavailable({ operation: "load", cause: new Error("down") }))
    site = await application({ allowedHosts: ["localhost"], sessions: { ...sessions, load: () => down } })
  })

  it("replaces a framework's own 500, and no other answer of the handler", async () => {
    const caught = ({ getUser }: Context) => getUser().catch(() => "the page")
    expect(await ask(caught, { isAlice: true }, 500)).toBeInstanceOf(StoreUnavailable)
    expect(await ask(caught, { isAlice: true }, 502)).toBe("the page")
    expect(await ask(caught, { isAlice: true })).toBe("the page")
  })
})

describe("a method override", () => {
  it.each([
    ["POST", "GET"],
    ["POST", "OPTIONS"],
    ["GET", "DELETE"]
  ])("from %s to %s is checked for CSRF", async (method, rewrittenMethod) => {
    const handler = () => expect.fail("the handler ran")
    expect(await ask(handler, { method, rewrittenMethod, isAlice: true })).toBeInstanceOf(CsrfFailed)
  })
})
