/** What Django 3.2 and latchkey share through the database and no random flow covers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { postgres } from "../../src/adapters/store/postgres.ts"
import { browser } from "../rig/browser.ts"
import { type Django, django, djangoService, type Site } from "../rig/django.ts"
import { exampleService, startExample } from "../rig/example.ts"
import { patient } from "../rig/patience.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const services = [service("postgres"), djangoService("3.2"), exampleService()]

const OLD = "of-both-sites-at-first-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe4567"
const NEW = "of-both-sites-afterwards-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe45"

const person = { username: "påul", password: "Pässword 1" }
const env = { DJANGO_VERSION: "3.2" }

/** A session of `påul` in the format of Django 3.0, which 3.2 also writes with DEFAULT_HASHING_ALGORITHM = "sha1". */
const LEGACY_SESSION = `
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import override_settings
with override_settings(DEFAULT_HASHING_ALGORITHM="sha1"):
    user, session = User.objects.get(username="påul"), SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session["cart"] = [1]
    session.save()
answer = [session.session_key, Session.objects.get(pk=session.session_key).session_data]
`

/** Whether Django accepts this token for the session with this key, with CSRF_USE_SESSIONS: `passed` or `refused`. */
const CSRF_VERDICT = `
from django.contrib.sessions.backends.db import SessionStore
from django.middleware.csrf import CsrfViewMiddleware
from django.test import RequestFactory, override_settings
with override_settings(CSRF_USE_SESSIONS=True):
    request = RequestFactory().post("/", HTTP_X_CSRFTOKEN=given["token"])
    request.session = SessionStore(given["key"])
    check = CsrfViewMiddleware(lambda request: None)
    check.process_request(request)
    answer = "passed" if check.process_view(request, lambda request: None, (), {}) is None else "refused"
`

describe.skipIf(!services.every(({ available }) => available))("Django 3.2 and the example on one PostgreSQL", () => {
  const running: Array<{ readonly stop: () => Promise<void> }> = []
  let databaseUrl: string
  let oracle: Django
  const up = async (starting: Promise<Site>): Promise<Site> => {
    const site = await starting
    running.push(site)
    return site
  }

  beforeAll(async () => {
    const server = await startPostgres()
    running.push(server)
    databaseUrl = server.url
    oracle = django({ djangoVersion: "3.2", databaseUrl, secretKey: OLD })
    await oracle.migrate()
    await oracle.createUsers([person])
  })

  afterAll(async () => {
    for (const started of running.reverse()) await started.stop()
  })

  it("is the intended version", async () => {
    expect(await oracle.manage("answer = django.VERSION[:2]")).toEqual([3, 2])
  })

  it("a session that Django 3.0 wrote identifies the same user at both, and the example renews it", async () => {
    const example = await up(startExample({ databaseUrl, secretKey: OLD, passwordIterations: 1, env }))
    const [key, text] = (await oracle.manage(LEGACY_SESSION)) as [string, string]
    expect(text).toMatch(/^[A-Za-z0-9+/]+=*$/)
    const client = browser()
    client.jar.set("sessionid", key)
    expect((await client.get(example, "/me")).json()).toEqual({ user: person.username })
    expect(client.jar.get("sessionid")).not.toBe(key)

    const site = await up(oracle.serve())
    expect((await client.get(site, "/me")).json()).toEqual({ user: person.username })
    expect((await client.get(site, "/session")).json()).toMatchObject({
      cart: [{ number: "1" }],
      _auth_user_hash: expect.stringMatching(/^[0-9a-f]{64}$/)
    })
  })

  it("a session survives a new SECRET_KEY, for which Django 3.2 has no fallback, if the example read it first", async () => {
    const before = await up(oracle.serve())
    const renewed = { databaseUrl, secretKey: NEW, passwordIterations: 1 }
    const [after, example] = await Promise.all([
      up(django({ ...renewed, djangoVersion: "3.2" }).serve()),
      up(startExample({ ...renewed, secretKeyFallbacks: [OLD], env }))
    ])
    const client = browser()
    expect((await client.post(before, "/login", person)).status).toBe(200)
    // Django treats a session that it cannot read as empty, and does not change its row.
    expect((await client.get(after, "/me")).status).toBe(401)
    expect((await client.get(example, "/me")).json()).toEqual({ user: person.username })
    expect((await client.get(after, "/me")).json()).toEqual({ user: person.username })

    const unlucky = browser()
    await unlucky.post(before, "/login", person)
    // When Django writes over a session that it cannot read, the session ends.
    await unlucky.post(after, "/session", { a: 1 })
    expect((await unlucky.get(example, "/me")).status).toBe(401)
  })

  it("Django 3.2 does not rehash a password that the example hashed", async () => {
    const seeded = { ...env, LATCHKEY_SEED_USER: "seeded:Pässword 2" }
    await (await startExample({ databaseUrl, secretKey: OLD, env: seeded })).stop()
    const encoded = await oracle.encodedPassword("seeded")
    const told = await oracle.manage(
      `
from django.contrib.auth.hashers import PBKDF2PasswordHasher
hasher = PBKDF2PasswordHasher()
answer = [hasher.must_update(given), hasher.verify("Pässword 2", given)]`,
      encoded
    )
    expect([String(encoded).split("$").slice(0, 2), told]).toEqual([
      ["pbkdf2_sha256", "260000"],
      [false, true]
    ])
  })

  it("a CSRF secret in the session is the same for Django", async () => {
    const pg = postgres({ ...patient, url: databaseUrl })
    const verdictOf = async (version: "3.2" | "5.2"): Promise<unknown> => {
      const auth = createAuth({
        djangoVersion: version,
        secretKey: OLD,
        csrfUseSessions: true,
        sessions: pg.sessions,
        backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
      })
      const transport = { secure: false, serverName: "localhost", serverPort: "80" }
      const request = auth.open({ method: "GET", target: "/", headers: [], transport })
      const token = await request.context.getCsrfToken()
      const [cookie = ""] = (await request.respond(200)).cookies
      return oracle.manage(CSRF_VERDICT, { token, key: /^sessionid=(\w+);/.exec(cookie)?.[1] })
    }
    try {
      expect([await verdictOf("3.2"), await verdictOf("5.2")]).toEqual(["passed", "refused"])
    } finally {
      await pg.close()
    }
  })
})
