/** The Django middleware of docs/device-bound-sessions.md, in a real Django that shares the sessions. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Binding from "../../src/core/device-bound/device-binding.ts"
import { deviceBoundSettings } from "../../src/core/device-bound/device-settings.ts"
import * as ShortCookie from "../../src/core/device-bound/short-cookie.ts"
import { cookieSettings } from "../../src/core/http/cookie-settings.ts"
import { type Django, django, djangoService } from "../rig/django.ts"
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

describe.skipIf(!available)("the Django middleware for device-bound sessions", () => {
  const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
  let oracle: Django
  let stop = async (): Promise<void> => {}
  beforeAll(async () => {
    const server = await startPostgres()
    stop = server.stop
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

  it("lets sessions without a device, and those within the grace, in", async () => {
    expect(await ask({}, null)).toEqual(seen)
    expect(await ask({ _latchkey_device: { v: 1, id, offered: 0 } }, null)).toEqual(seen)
    expect(await ask(bindingSince(now), null)).toEqual(seen)
  })

  it("accepts a short cookie that latchkey has made", async () => {
    expect(await ask(bindingSince(0), short)).toEqual(seen)
  })

  it.each([
    ["no short cookie", null],
    ["one that has ended", ended],
    ["one of another session", elsewhere],
    ["one of another secret", forged],
    ["garbage", "x"],
    ["a long one", `${short}.x`]
  ])("refuses %s, and keeps the session cookie", async (_, sent) => {
    const deleted = sent === null ? [] : ["__Host-sessionid-device"]
    const refresh = sent === null ? null : "0"
    expect(await ask(bindingSince(0), sent)).toEqual([401, "", refresh, deleted])
    expect(await ask(bindingSince(0), sent, { HTTP_SEC_FETCH_SITE: "cross-site" })).toEqual([401, "", "0", deleted])
    expect(await ask(bindingSince(0), sent, own, "POST")).toEqual([401, "", null, deleted])
  })
})
