/** The Django middleware of docs/device-bound-sessions.md, in a real Django that shares the sessions. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import type { DeviceResponse } from "../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { postgres } from "../../src/adapters/store/postgres.ts"
import * as Binding from "../../src/core/device-bound/device-binding.ts"
import { deviceBoundSettings } from "../../src/core/device-bound/device-settings.ts"
import * as ShortCookie from "../../src/core/device-bound/short-cookie.ts"
import { cookieSettings } from "../../src/core/http/cookies/cookie-settings.ts"
import { makeDevice } from "../rig/device.ts"
import { type Django, django, djangoService } from "../rig/django.ts"
import { patient } from "../rig/patience.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const available = [service("postgres"), djangoService()].every((needed) => needed.available)

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "device-bound-sessions.md"), "utf8")
const [, middleware = ""] = /```python\n(.*?)```/s.exec(page) ?? []

/** One request with a session of this data: status, headers that matter, and the data that the view saw. */
const program = `
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.test import RequestFactory
names = {}
exec(given["middleware"], names)
store = SessionStore()
store.update(given["data"])
store.save()
request = getattr(RequestFactory(), given["method"].lower())("/", **given["headers"])
request.COOKIES[settings.SESSION_COOKIE_NAME] = store.session_key
if given["short"] is not None:
    request.COOKIES["__Host-sessionid-device"] = given["short"]
view = lambda request: HttpResponse("the view")
response = SessionMiddleware(names["device_bound"](view))(request)
answer = [response.status_code, response.content.decode(), response.headers.get("Refresh"), sorted(response.cookies)]
`

describe.skipIf(!available)("device-bound sessions beside a Django site", () => {
  const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
  let oracle: Django
  let oracleUrl = ""
  let stop = async (): Promise<void> => {}
  beforeAll(async () => {
    const server = await startPostgres()
    stop = server.stop
    oracleUrl = server.url
    oracle = django({ databaseUrl: server.url, secretKey, passwordIterations: 1 })
    await oracle.migrate()
  })
  afterAll(() => stop())

  const settingsOf = (secret: string) =>
    deviceBoundSettings({ mode: "enforce" }, cookieSettings("sessionid", true), { secret, fallbacks: [] })
  const settings = settingsOf(secretKey)
  const id = "AAAAAAAAAAAAAAAAAAAAA1"
  const now = Date.now()
  const jwk = { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) } as const
  const bindingSince = (since: number) => ({
    _latchkey_device: JSON.parse(Binding.write({ id, offered: since, device: { jwk, alg: "ES256", since } }))
  })
  const short = ShortCookie.mint(settings, id, now).value
  const ended = ShortCookie.mint(settings, id, now - 700_000).value
  const elsewhere = ShortCookie.mint(settings, "BBBBBBBBBBBBBBBBBBBBB2", now).value
  const forged = ShortCookie.mint(settingsOf("another secret"), id, now).value
  const own = { HTTP_SEC_FETCH_SITE: "same-origin" }

  const ask = (data: object, sent: string | null, headers: object = own, method = "GET") =>
    oracle.manage(program, { middleware, data, short: sent, headers, method })
  const seen = [200, "the view", null, []]

  it("pass the middleware of the docs without a device, and within the grace", async () => {
    expect(await ask({}, null)).toEqual(seen)
    expect(await ask({ _latchkey_device: { v: 1, id, offered: 0 } }, null)).toEqual(seen)
    expect(await ask(bindingSince(Date.now()), null)).toEqual(seen)
  })

  it("pass it with a short cookie that latchkey has made", async () => {
    expect(await ask(bindingSince(0), short)).toEqual(seen)
  })

  it("end in the browser after the password was changed in Django", async () => {
    const pg = postgres({ ...patient, url: oracleUrl })
    let ahead = 0
    const auth = createAuth({
      secretKey,
      sessions: pg.sessions,
      backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      sessionCookie: { secure: true },
      deviceBound: { mode: "enforce", djangoChecks: true, graceSeconds: 300 },
      clockAndRandom: { now: () => Date.now() + ahead }
    })
    try {
      const alice = (await auth.createUser({ username: "alice", password: "alice's" })) ?? expect.fail("no user")
      const jar = new Map<string, string>()
      const open = (target: string, more: Record<string, string> = {}) => {
        const cookie = [...jar].map((pair) => pair.join("=")).join("; ")
        const transport = { secure: true, serverName: "testserver", serverPort: "443" }
        return auth.open({ method: "POST", target, headers: Object.entries({ cookie, ...more }), transport })
      }
      const keep = (lines: ReadonlyArray<string>) => {
        for (const line of lines) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
          if (/max-age=0/i.test(line)) jar.delete(name)
          else jar.set(name, value)
        }
      }
      const endpoint = async (target: string, headers: Record<string, string>) => {
        const entered = Promise.resolve(
          open(target, headers).enter({ body: undefined, exempt: () => true, loginRequired: undefined })
        )
        const answer: DeviceResponse = await entered.then(
          () => expect.fail("no answer"),
          (error) => error
        )
        keep(answer.headers["set-cookie"] === undefined ? [] : [answer.headers["set-cookie"]])
        return answer
      }
      const login = open("/")
      await login.context.login(alice)
      const { cookies, registration = "" } = await login.respond(200)
      keep(cookies)
      const device = makeDevice()
      const offered = /challenge="([^"]*)"/.exec(registration)?.[1] ?? ""
      const asked = { "sec-secure-session-id": offered.split(".")[1] ?? "" }
      expect((await endpoint("/dbsc/register", { "secure-session-response": device.register(offered) })).status).toBe(
        200
      )
      await oracle.manage(
        'from django.contrib.auth import get_user_model\nuser = get_user_model().objects.get(username="alice")\nuser.set_password("changed in Django")\nuser.save()\nanswer = None',
        {}
      )
      ahead = 700_000
      const probe = await endpoint("/dbsc/refresh", asked)
      const next = /"([^"]*)"/.exec(probe.headers["secure-session-challenge"] ?? "")?.[1] ?? ""
      const proof = await endpoint("/dbsc/refresh", { ...asked, "secure-session-response": device.prove(next) })
      expect([probe.status, proof.status], "the device is the right one").toEqual([403, 200])
      const page = open("/")
      expect(await page.context.getUser()).toBeUndefined()
      keep((await page.respond(200)).cookies)
      expect([...jar.keys()].filter((name) => name !== "csrftoken")).toEqual([])
      expect((await endpoint("/dbsc/refresh", asked)).status, "the browser ends the bound session").toBe(404)
    } finally {
      await pg.close()
    }
  })

  it.each([
    ["no short cookie", null],
    ["one that has ended", ended],
    ["one of another session", elsewhere],
    ["one of another secret", forged],
    ["garbage", "x"],
    ["a long one", `${short}.x`]
  ])("do not pass it with %s, and keep the session cookie", async (_, sent) => {
    const deleted = sent === null ? [] : ["__Host-sessionid-device"]
    const refresh = sent === null ? null : "0"
    expect(await ask(bindingSince(0), sent)).toEqual([401, "", refresh, deleted])
    expect(await ask(bindingSince(0), sent, { HTTP_SEC_FETCH_SITE: "cross-site" })).toEqual([401, "", "0", deleted])
    expect(await ask(bindingSince(0), sent, own, "POST")).toEqual([401, "", null, deleted])
  })
})
