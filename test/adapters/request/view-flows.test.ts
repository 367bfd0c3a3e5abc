/**
 * Vectors: requests of browsers to the views of django.contrib.auth. latchkey has no views. The tests' handlers do the
 * same as the views, and must leave sessions, users and links in the same state.
 */
import { beforeEach, describe, expect, it } from "vitest"
import { CsrfFailed } from "../../../src/adapters/errors/errors.ts"
import type { MemoryUser } from "../../../src/adapters/store/memory.ts"
import { redirectToNext } from "../../../src/core/pages/next-url.ts"
import vectors from "../../vectors/view_flows.json" with { type: "json" }
import { type Application, application, type Browser, browser, type Handler, logIn, whoIsThere } from "./site.ts"

const { misc, password_flow, session_flow } = vectors.data

/** Steps that test only the views' methods, settings, pages and mails. */
const ofTheViews = ["redirect loop", "GET logout", "mail", "form from another browser", "mismatch"]

let site: Application
let visitor: Browser
let alice: MemoryUser
beforeEach(async () => {
  site = await application()
  await browser(site).visit(async ({ authenticate }) => {
    alice = (await authenticate({ username: "alice", password: "alice's" })) ?? expect.fail("no alice")
  })
  site.stores.users.change(String(alice.id), { email: "alice@example.com" })
  visitor = browser(site)
  await visitor.visit(({ session }) => session.set("cart", [1]))
  await visitor.visit(({ ensureCsrfCookie }) => ensureCsrfCookie())
})

/** The effects of one request on the browser and the store, in the form of the vectors. */
const see = async (handler: Handler, status = 302, of = visitor) => {
  const [key, secret] = [of.cookies.get("sessionid"), of.cookies.get("csrftoken")]
  const { cookies, varyOnCookie } = await of.visit(handler, status)
  let names: ReadonlyArray<string> = []
  await browser(site, new Map(of.cookies)).visit(async ({ session }) => {
    names = (await session.keys()).toSorted()
  })
  const now = await site.auth.passwordResetUser(site.auth.passwordResetUid(alice))
  return {
    status,
    set_cookies: cookies.map((line) => line.split("=")[0]),
    vary: varyOnCookie ? "Cookie" : null,
    session_key: of.cookies.get("sessionid") === key ? "same" : "new",
    old_row_exists: [...site.stores.sessions.rows.keys()].some((row) => row === key),
    csrf_secret_changed: of.cookies.get("csrftoken") !== secret,
    data_keys: names,
    session_keys: names.filter((name) => name !== "cart"),
    session_cookie_emptied: cookies.some((line) => line.startsWith('sessionid="";')),
    last_login_set: now?.lastLoginAt !== undefined
  }
}

/** The fields of a step's row that are compared. */
const asFarAs = (row: object, seen: object): object => {
  const expected = Object.entries(row).filter(([name]) => name in seen)
  expect(expected).not.toEqual([])
  return Object.fromEntries(expected)
}

type Step = () => Promise<object>

/** Where a login or logout goes on to: what `next` says, else there. */
const goOn = (target: string, otherwise: string): string => {
  const http = { useForwardedHost: false, useForwardedPort: false, secureProxyHeader: undefined }
  const transport = { secure: false, serverName: "testserver", serverPort: "80" }
  const decided = redirectToNext(
    { http: { ...http, allowedHosts: ["testserver"] }, nextField: "next", successHosts: [] },
    { method: "POST", target, headers: [["Host", "testserver"]], transport },
    undefined,
    otherwise
  )
  return decided._tag === "Redirect" ? decided.location : decided._tag
}

const afterLogin = (target = "/accounts/login/") => ({ location: goOn(target, "/accounts/profile/") })
const logOut: Handler = ({ logout }) => logout()

const logouts = session_flow.flatMap(({ path, settings, step }): ReadonlyArray<readonly [string, Step]> => {
  if (path === undefined) return []
  const otherwise = settings?.LOGOUT_REDIRECT_URL ?? path.replace(/\?.*/, "")
  const walk: Step = async () => {
    await visitor.visit(logIn("bob"))
    return { ...(await see(logOut)), location: goOn(path, otherwise) }
  }
  return [[step, walk]]
})

const sessionSteps: Readonly<Record<string, Step>> = {
  "GET login page, no cookies": () => see(({ nextUrl }) => nextUrl(), 200, browser(site)),
  "wrong password": () => see(({ authenticate }) => authenticate({ username: "alice", password: "wrong" }), 200),
  "login with an anonymous session holding data": async () => ({ ...(await see(logIn("alice"))), ...afterLogin() }),
  "login again as the same user": async () => {
    await visitor.visit(logIn("alice"))
    return { ...(await see(logIn("alice"))), ...afterLogin() }
  },
  "login as another user": async () => {
    await visitor.visit(logIn("alice"))
    return { ...(await see(logIn("bob"))), ...afterLogin() }
  },
  redirect_authenticated_user: async () => {
    await visitor.visit(logIn("bob"))
    return { ...(await see(({ getUser }) => getUser())), ...afterLogin() }
  },
  "redirect_authenticated_user with next": async () => {
    await visitor.visit(logIn("bob"))
    return { ...(await see(({ getUser }) => getUser())), ...afterLogin("/accounts/login/?next=/elsewhere/") }
  },
  "POST logout": async () => {
    await visitor.visit(logIn("bob"))
    return see(logOut, 200)
  },
  ...Object.fromEntries(logouts),
  "logout while anonymous": () => see(logOut, 200, browser(site))
}

const change: Handler = async ({ getUser, setPassword, updateSessionAuthHash }) => {
  const user = (await getUser()) ?? expect.fail("no user is logged in")
  await setPassword(user, "another")
  await updateSessionAuthHash(user)
}

/** What a reset link says of itself where it leads. */
const confirm = async (uid: string, token: string): Promise<{ readonly body: string }> => {
  const user = await site.auth.passwordResetUser(uid)
  const isGood = user !== undefined && (await site.auth.checkPasswordResetToken(user, token))
  return { body: `confirm validlink=[${isGood ? "True" : "False"}]` }
}

const mailed = async (...addresses: ReadonlyArray<string>) => {
  const to = await Promise.all(addresses.map((address) => site.auth.passwordResetRecipients(address)))
  const sent = to.flat().map(({ email }) => email)
  return { to: sent, mails: sent.length }
}

/** A link, and the browser that has followed it: its session keeps the token, which the URL no longer shows. */
const followed = async () => {
  const [uid, token] = [site.auth.passwordResetUid(alice), (await site.auth.passwordResetToken(alice)) ?? ""]
  const seen = await see(({ session }) => session.set("_password_reset_token", token))
  return { uid, token, seen }
}

const setBySession: Handler = async ({ session, setPassword }) => {
  await session.pop("_password_reset_token")
  await setPassword(alice, "another")
}

const passwordSteps: Readonly<Record<string, Step>> = {
  "change with wrong old password": async () => ({
    status: (await site.auth.checkPassword(alice, "wrong")) ? 302 : 200
  }),
  change: async () => {
    await visitor.visit(logIn("alice"))
    return see(change)
  },
  "same browser afterwards": async () => {
    await visitor.visit(logIn("alice"))
    await visitor.visit(change)
    return { body: await whoIsThere(visitor) }
  },
  "other browser afterwards": async () => {
    const other = browser(site)
    await other.visit(logIn("alice"))
    await visitor.visit(logIn("alice"))
    await visitor.visit(change)
    const seen = await see(({ getUser }) => getUser(), 200, other)
    return { ...seen, body: (await whoIsThere(other)) ?? "anonymous" }
  },
  "reset request ALICE@example.com": () => mailed("ALICE@example.com"),
  // As many as before.
  "reset request nobody@example.com": () => mailed("ALICE@example.com", "nobody@example.com"),
  "follow link": async () => (await followed()).seen,
  form: async () => {
    const { token, uid } = await followed()
    return confirm(uid, token)
  },
  set: async () => {
    await followed()
    return { ...(await see(setBySession)), logged_in: (await whoIsThere(visitor)) ?? "anonymous" }
  },
  "link again": async () => {
    const { token, uid } = await followed()
    await visitor.visit(setBySession)
    return confirm(uid, token)
  },
  "bad uid": async () => confirm("!!!", (await site.auth.passwordResetToken(alice)) ?? "")
}

describe("what the views of Django do to sessions and users, a handler does", () => {
  it.each(session_flow.filter(({ step }) => step in sessionSteps))("logging in and out: $step", async (row) => {
    const seen = await sessionSteps[row.step]!()
    expect(seen).toMatchObject(asFarAs(row, seen))
  })

  it.each(password_flow.filter(({ step }) => step in passwordSteps))("with passwords: $step", async (row) => {
    const seen = await passwordSteps[row.step]!()
    expect(seen).toMatchObject(asFarAs(row, seen))
  })

  it.each(misc)("$label: $status", async ({ status }) => {
    const transport = { secure: false, serverName: "localhost", serverPort: "80" }
    const request = site.auth.open({ method: "POST", target: "/", headers: [["Host", "localhost"]], transport })
    const entering = async () => request.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
    await expect(entering()).rejects.toThrow(CsrfFailed)
    expect(status).toBe(403)
  })

  it("in all steps except those that test only the views", () => {
    const walked = [...Object.keys(sessionSteps), ...Object.keys(passwordSteps), ...ofTheViews]
    expect(walked.toSorted()).toEqual([...session_flow, ...password_flow].map(({ step }) => step).toSorted())
  })
})
