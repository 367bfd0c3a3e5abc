/**
 * The public transitions that usual requests run, each with arguments as such a request has them. Sessions are plain
 * JSON. Not all public functions of the core are here: none of the endpoints of device-bound sessions, for example.
 */
import { Core, type RequestHead } from "latchkey"
import { coreScene } from "latchkey/testing"

const scene = coreScene({ users: { alice: "A" } })
const { settings } = scene
const user = { id: "1", name: "alice" }
const known = { id: "1", user, password: "A" }
const moment = scene.moment()
const key = moment.fresh.sessionKey
const backend = settings.backends[0] ?? ""
const who = { user, principal: { backend, id: "1", authHash: settings.authHashes("A")[0] } }
const stored = Core.SessionKey.parse(scene.request().set("cart", [1]).login("alice").respond().cookie)
const text = (stored && scene.table.rows.get(stored)?.text) ?? ""
const found = { _tag: "SessionFound", text, prefetched: undefined } as const
const opened = Core.RequestState.opened<typeof user>(settings, { session: key, csrf: undefined }, moment.fresh)
const unread = Core.Session.fromCookie(key)

/** Fails here, and not in a measurement, if a transition has not paused where it should. */
const paused = <Step extends { readonly _tag: string }>(step: Step): Extract<Step, { readonly _tag: "Paused" }> => {
  if (!isPaused(step)) throw new Error(`a transition has ended, but should have paused: ${JSON.stringify(step)}`)
  return step
}
const isPaused = <Step extends { readonly _tag: string }>(
  step: Step
): step is Extract<Step, { readonly _tag: "Paused" }> => step._tag === "Paused"

const loadedBy = (sent: string) => {
  const first = paused(Core.OpenSession.openSession(opened, unread))
  const answer = { ...found, text: sent }
  const step = Core.OpenSession.resume(settings, first.request, first.session, first.state, answer, moment)
  if (step._tag !== "Done") throw new Error("the session was not loaded")
  return step.value
}
const loaded = loadedBy(text)
const anonymous = loadedBy('{"cart":"[1]"}')

const loadingSession = paused(Core.GetUser.getUser(settings, opened, unread, moment))
const loadingUser = paused(
  Core.GetUser.resume(settings, loadingSession.request, loadingSession.session, loadingSession.state, found, moment)
)
const userFound = { _tag: "UserFound", known } as const
const read = Core.GetUser.resume(
  settings,
  loadingUser.request,
  loadingUser.session,
  loadingUser.state,
  userFound,
  moment
)
const opening = paused(Core.OpenSession.openSession(opened, unread))
const asking = paused(Core.Authenticate.authenticate(opened, unread, [backend], { username: "alice" }))
const accepted = { _tag: "Accepted", known } as const
const model = { allowInactive: false }
const finding = Core.ModelBackend.checkPassword<typeof user>("alice")
if (finding._tag !== "Paused") throw new Error("the user is not asked for")
const rowFound = { _tag: "UserFound", known, isActive: true } as const
const verifying = Core.ModelBackend.resume(model, finding.state, rowFound, moment)
if (verifying._tag !== "Paused") throw new Error("the password is not asked for")
const verified = { _tag: "Verified", correct: true, mustUpdate: false } as const

const value = Core.Json.write(1)
const written = Core.Session.set(loaded, "visited", value)
const committing = paused(Core.Respond.respond(settings, read.request, written, 200, moment))
const committed = { _tag: "Committed", key, text } as const
const { request, session } = read

/** A form of this site. */
const { csrfSecret } = moment.fresh
const { token } = Core.CsrfCookie.getToken({ secret: csrfSecret, dirty: false }, moment.fresh)
const host = "www.example.com"
const head: RequestHead = {
  method: "POST",
  target: "/cart",
  headers: [
    ["Host", host],
    ["User-Agent", "a browser"],
    ["Origin", `https://${host}`],
    ["Content-Type", "application/x-www-form-urlencoded"]
  ],
  transport: { secure: true, serverName: host, serverPort: "443" }
}
const http: Core.HostSettings = {
  allowedHosts: [host],
  useForwardedHost: false,
  useForwardedPort: false,
  secureProxyHeader: undefined
}
const csrf: Core.CsrfCheck.CheckSettings = {
  http,
  trustedOrigins: [],
  headerName: "X-CSRFToken",
  cookieDomain: undefined
}
const loginPage = { http, loginUrl: "/accounts/login/", nextField: "next" }
const anybody = { _tag: "Anonymous" } as const
const somebody = { _tag: "Authenticated", user, principal: who.principal } as const

/** A session that is bound to a device, and the short cookie that proves it. */
const device = Core.deviceBoundSettings({ mode: "enforce" }, settings.session.cookie, {
  secret: "a key",
  fallbacks: []
})
const binding = "b".repeat(22)
const jwk = { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) } as const
const registered = { jwk, alg: "ES256", since: moment.now } as const
const bound = Core.SessionData.of([
  [Core.DeviceBinding.dataKey, Core.DeviceBinding.write({ id: binding, offered: moment.now, device: registered })]
])
const presence = { arrivedAt: moment.now, shortCookie: Core.ShortCookie.mint(device, binding, moment.now).value }

const resetTokens = Core.ResetToken.makeResetTokens({ secret: "a key", fallbacks: [] })
const recipient = { id: "1", password: "A", lastLoginAt: moment.now, email: "alice@example.com" }
const localTime = { now: moment.now, offsetSeconds: 0 }
const resetToken = resetTokens.make(recipient, localTime)

/** Fails here if one of them measures a refusal. */
const checks = [
  Core.CsrfCheck.check(csrf, head, csrfSecret, token)._tag === "Passed",
  Core.Guards.loginRequired(loginPage, head, somebody)._tag === "Allowed",
  Core.Guards.loginRequired(loginPage, head, anybody)._tag === "Redirect",
  Core.judgeDevice(device, loaded.data, presence) === "Unbound",
  Core.judgeDevice(device, bound, { ...presence, shortCookie: undefined }) === "Settling",
  Core.judgeDevice(device, bound, presence) === "Proven",
  resetTokens.check(recipient, resetToken, localTime)
]
if (checks.includes(false)) throw new Error(`a transition did not decide as it should: ${checks}`)

/** Those that compute an HMAC. */
export const withHmac: ReadonlySet<string> = new Set(["judgeDevice: proven", "ResetToken: make", "ResetToken: check"])

/**
 * By name: what is measured. Without two that take a few nanoseconds and allocate nothing: the guard for a user who is
 * logged in, and the verdict on a session that is not bound to a device.
 */
export const transitions: Readonly<Record<string, () => unknown>> = {
  "RequestState.opened": () => Core.RequestState.opened(settings, { session: key, csrf: undefined }, moment.fresh),
  "Session.fromCookie": () => Core.Session.fromCookie(key),
  "OpenSession.openSession": () => Core.OpenSession.openSession(opened, unread),
  "OpenSession.resume: found": () =>
    Core.OpenSession.resume(settings, opening.request, opening.session, opening.state, found, moment),
  "GetUser.getUser: asks for the session": () => Core.GetUser.getUser(settings, opened, unread, moment),
  "GetUser.resume: session found": () =>
    Core.GetUser.resume(settings, loadingSession.request, loadingSession.session, loadingSession.state, found, moment),
  "GetUser.resume: user found": () =>
    Core.GetUser.resume(settings, loadingUser.request, loadingUser.session, loadingUser.state, userFound, moment),
  "GetUser.getUser: known already": () => Core.GetUser.getUser(settings, request, session, moment),
  "Authenticate.authenticate": () => Core.Authenticate.authenticate(opened, unread, [backend], { username: "alice" }),
  "Authenticate.resume: accepted": () =>
    Core.Authenticate.resume(settings, asking.request, asking.session, asking.state, accepted, moment),
  "ModelBackend.checkPassword": () => Core.ModelBackend.checkPassword("alice"),
  "ModelBackend.resume: user found": () => Core.ModelBackend.resume(model, finding.state, rowFound, moment),
  "ModelBackend.resume: password verified": () => Core.ModelBackend.resume(model, verifying.state, verified, moment),
  "login: anonymous before": () => Core.login(settings, opened, anonymous, who, moment),
  "login: the same user before": () => Core.login(settings, request, loaded, who, moment),
  logout: () => Core.logout(request, session),
  updateSessionAuthHash: () => Core.updateSessionAuthHash(request, loaded, who, moment),
  reauthenticated: () => Core.reauthenticated(loaded, who.principal, "password", moment),
  "Session.get": () => Core.Session.get(loaded, "cart"),
  "Session.set": () => Core.Session.set(loaded, "visited", value),
  "Session.remove": () => Core.Session.remove(loaded, "cart"),
  "Session.clear": () => Core.Session.clear(loaded),
  "Session.flush": () => Core.Session.flush(loaded),
  "Session.cycleKey": () => Core.Session.cycleKey(loaded, key),
  "CsrfCookie.getToken": () => Core.CsrfCookie.getToken(opened.csrf, moment.fresh),
  "CsrfCheck.check: a form": () => Core.CsrfCheck.check(csrf, head, csrfSecret, token),
  "Guards.loginRequired: anonymous": () => Core.Guards.loginRequired(loginPage, head, anybody),
  "judgeDevice: registered just now": () => Core.judgeDevice(device, bound, { ...presence, shortCookie: undefined }),
  "judgeDevice: proven": () => Core.judgeDevice(device, bound, presence),
  "ResetToken: make": () => resetTokens.make(recipient, localTime),
  "ResetToken: check": () => resetTokens.check(recipient, resetToken, localTime),
  "RemoteUser.decide": () => Core.RemoteUser.decide({ persistent: false }, "alice", undefined),
  "Respond.respond: untouched": () => Core.Respond.respond(settings, opened, unread, 200, moment),
  "Respond.respond: read": () => Core.Respond.respond(settings, request, session, 200, moment),
  "Respond.respond: asks to write": () => Core.Respond.respond(settings, request, written, 200, moment),
  "Respond.resume: written": () =>
    Core.Respond.resume(settings, committing.request, committing.session, committing.state, committed, moment)
}
