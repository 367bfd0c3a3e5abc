/** Session texts that Django writes and latchkey reads, and the reverse. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inflateSync } from "node:zlib"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Identity from "../../src/core/auth/state/identity.ts"
import * as Json from "../../src/core/json/json-text.ts"
import * as Data from "../../src/core/json/session-data.ts"
import * as Lifetime from "../../src/core/session/lifetime/lifetime.ts"
import * as LoginRecord from "../../src/core/session/lifetime/login-record.ts"
import { makeCodec, storeSalt } from "../../src/core/session/text/codec.ts"
import { presumedUser } from "../../src/core/session/text/text-head.ts"
import * as Session from "../../src/core/session/value/session.ts"
import { makeSigner } from "../../src/core/signing/timestamp-signer.ts"
import { changed } from "../core/json/changed.ts"
import { members, objectOf, repeatedMembers } from "../core/json/json-spellings.ts"
import { type Django, django, djangoService } from "../rig/django.ts"

const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
const ENCODE = `
from django.contrib.sessions.backends.db import SessionStore
answer = SessionStore().encode(given)
`
const DECODE = `
from django.contrib.sessions.backends.db import SessionStore
answer = SessionStore().decode(given)
`

const codec = makeCodec({ secret: secretKey, fallbacks: [] })
const now = Date.now()

const sites = new Map<string | undefined, Django>()
/** The site with that serializer; started once, because starting Python is slow. */
const siteWith = (sessionSerializer?: string): Django => {
  const site =
    sites.get(sessionSerializer) ??
    django({
      databaseUrl: "postgres://nobody@127.0.0.1:1/none",
      secretKey,
      ...(sessionSerializer && { sessionSerializer })
    })
  sites.set(sessionSerializer, site)
  return site
}

const decoded = (text: string): Data.SessionData => {
  const answer = codec.decode(text)
  return answer._tag === "Decoded" ? answer.data : expect.fail(answer._tag)
}

/** The JSON in a session's text, with one character for each byte. */
const jsonIn = (text: string): string => {
  const [body = ""] = text.replace(/^\./, "").split(":")
  const bytes = Buffer.from(body, "base64url")
  return (text.startsWith(".") ? inflateSync(bytes) : bytes).toString("latin1")
}

describe.skipIf(!djangoService().available)("a session of a Django with another serializer", () => {
  const western = { name: "Zoë", clé: "é", n: 1.5, list: ["ü", { ß: null }], long: "é".repeat(900) }
  const eastern = { ...western, 東京: "😀", long: "長い".repeat(300) }

  it.each([
    ["Django's own serializer", undefined, eastern],
    ["a serializer of UTF-8", "serializers.UTF8Serializer", eastern],
    ["a serializer of UTF-8 with white space", "serializers.IndentedSerializer", eastern],
    ["a serializer of Latin-1", "serializers.Latin1Serializer", western]
  ])("is read, changed, and read there again, and keeps the bytes of all other keys: %s", async (_, serializer, data) => {
    const site = siteWith(serializer)
    const text = String(await site.manage(ENCODE, data))
    expect(
      Object.fromEntries(Array.from(Data.values(decoded(text)), ([key, value]) => [key, Json.read(value)]))
    ).toEqual(data)

    const after = codec.encode(changed(decoded(text), "city", "Köln"), now)
    expect(jsonIn(after)).toBe(`${jsonIn(text).slice(0, -1)},"city":"K\\u00f6ln"}`)
    expect(await site.manage(DECODE, after)).toEqual({ ...data, city: "Köln" })
    const other = codec.encode(changed(decoded(text), "clé", "key"), now)
    expect(jsonIn(other)).toBe(jsonIn(text).replace(/("cl[^"]+": ?)"[^"]+"/, '$1"key"'))
    expect(await site.manage(DECODE, other)).toEqual({ ...data, clé: "key" })
  })

  it("keeps the bytes of names and values in Latin-1 when latchkey reads them as UTF-8", async () => {
    const site = siteWith("serializers.Latin1Serializer")
    const data = { "Ã©": "Ã¼", list: [{ "Ã©": 1 }] }
    const after = codec.encode(changed(decoded(String(await site.manage(ENCODE, data))), "city", "Köln"), now)
    expect(await site.manage(DECODE, after)).toEqual({ ...data, city: "Köln" })
  })

  it("is read by every Django when latchkey wrote all of it", async () => {
    const data = { name: "Zoë 東京 😀", n: 1 }
    const text = codec.encode(Data.of(Object.entries(data).map(([key, value]) => [key, Json.write(value)])), now)
    for (const serializer of [undefined, "serializers.UTF8Serializer", "serializers.Latin1Serializer"])
      expect(await siteWith(serializer).manage(DECODE, text)).toEqual(data)
  })

  it.each([
    ["UTF-8", "serializers.UTF8Serializer"],
    ["Latin-1", "serializers.Latin1Serializer"]
  ])("has the same other keys there after a change, in every spelling that Python reads: %s", async (name, serializer) => {
    const { sign } = makeSigner({ secret: secretKey, fallbacks: [], salt: storeSalt })
    const texts = fc
      .sample(fc.oneof(members, repeatedMembers), { numRuns: 600, seed: 1 })
      .map(objectOf)
      .filter((json) => json !== "{}" && json.includes("\xff") === (name === "Latin-1"))
      .map((json) => sign(Buffer.from(json, "latin1").toString("base64url"), now))
    expect(texts.length).toBeGreaterThan(100)
    const pairs = texts.map((text) => [text, codec.encode(changed(decoded(text), "more than four", "ü"), now)])
    const COMPARE = `
import json
from django.contrib.sessions.backends.db import SessionStore
def items(text):
    return list(SessionStore().decode(text).items())
answer = [pair for pair in given if json.dumps(items(pair[0]) + [("more than four", "ü")]) != json.dumps(items(pair[1]))]
`
    expect(await siteWith(serializer).manage(COMPARE, pairs)).toEqual([])
  })
})

describe.skipIf(!djangoService().available)("a session whose identity keys are repeated in several spellings", () => {
  const keys = ["_auth_user_id", "_auth_user_backend", "_auth_user_hash"]
  const name = fc
    .tuple(fc.constantFrom(...keys, "cart"), fc.array(fc.constantFrom("plain", "lower", "upper"), { minLength: 18 }))
    .map(([text, spellings]) => {
      const characters = Array.from(text, (character, at) => {
        const hex = character.charCodeAt(0).toString(16).padStart(4, "0")
        if (spellings[at] === "lower") return `\\u${hex}`
        return spellings[at] === "upper" ? `\\u${hex.toUpperCase()}` : character
      })
      return `"${characters.join("")}"`
    })
  const value = fc.constantFrom('"1"', '"2"', "3", '"\\u0034"', '"a.Backend"', '"\xff"', '{"_auth_user_id":"5"}')
  const object = fc
    .array(fc.tuple(name, value), { minLength: 1, maxLength: 8 })
    .map((members) => `{${members.map((parts) => parts.join(":")).join(",")}}`)

  it("names the same user as in Django; a login replaces every spelling, and a removal removes every spelling", async () => {
    const { sign } = makeSigner({ secret: secretKey, fallbacks: [], salt: storeSalt })
    const texts = fc
      .sample(object, { numRuns: 400, seed: 1 })
      .map((json) => sign(Buffer.from(json, "latin1").toString("base64url"), now))
    const principal = { id: "77", backend: "other.Backend", authHash: "hash" }
    const cases = texts.map((text) => {
      const data = decoded(text)
      const session = Session.found(Session.fromCookie(undefined), text, data)
      const loggedIn = Identity.write({ ...session, data }, principal)
      const removed = keys.reduce(Session.remove, { ...session, data })
      return {
        text,
        values: keys.map((key) => Data.get(data, key)).map((json) => (json === undefined ? null : Json.read(json))),
        loggedIn: codec.encode(loggedIn.data, now),
        removed: codec.encode(removed.data, now)
      }
    })
    const COMPARE = `
from django.contrib.sessions.backends.db import SessionStore
keys = ["_auth_user_id", "_auth_user_backend", "_auth_user_hash"]
def identity(text):
    data = SessionStore().decode(text)
    return [data.get(key) for key in keys]
answer = [case for case in given if identity(case["text"]) != case["values"]
    or identity(case["loggedIn"]) != ["77", "other.Backend", "hash"]
    or identity(case["removed"]) != [None, None, None]]
`
    expect(await siteWith().manage(COMPARE, cases)).toEqual([])
  })
})

describe.skipIf(!djangoService().available)("a session of more than a megabyte", () => {
  const site = siteWith()

  it.each([1.3, 8])("is read as Django wrote it, and by Django after a change: %d MB", async (megabytes) => {
    const text = String(
      await site.manage(
        `
import hashlib
from django.contrib.sessions.backends.db import SessionStore
count = int(given * 1_000_000 / 100)
answer = SessionStore().encode({str(n): hashlib.sha256(str(n).encode()).hexdigest() + "x" * 20 for n in range(count)})`,
        megabytes
      )
    )
    const data = decoded(text)
    expect(data.size).toBe(megabytes * 10_000)
    const directory = mkdtempSync(join(tmpdir(), "latchkey-large-"))
    try {
      // The text is too long for the command line.
      writeFileSync(join(directory, "text"), codec.encode(changed(data, "more", 1), Date.now()))
      expect(
        await site.manage(
          `
from django.contrib.sessions.backends.db import SessionStore
data = SessionStore().decode(open(given).read())
answer = [len(data), data["more"]]`,
          join(directory, "text")
        )
      ).toEqual([megabytes * 10_000 + 1, 1])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

describe.skipIf(!djangoService().available)("what latchkey adds to a session", () => {
  const user = { _auth_user_id: "1", _auth_user_backend: "b", _auth_user_hash: "h" }
  const lifetime = { idleSeconds: 60, absoluteSeconds: 600, renewalSeconds: 6 }

  it("stays when Django writes the session, and ends it at the same instants", async () => {
    const record = LoginRecord.recordText("1", { at: now, proof: "login", isRemembered: false })
    const values = Object.entries(user).map(([key, value]) => [key, Json.write(value)] as const)
    const data = Lifetime.seen(lifetime, Data.of([...values, [LoginRecord.sessionDataKey, record]]), now)
    const text = await siteWith().manage(
      `
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore().decode(given)
session["cart"] = [1]
answer = SessionStore().encode(session)
`,
      codec.encode(data, now)
    )
    const written = decoded(String(text))
    expect(Data.get(written, "cart")).toBe("[1]")
    expect(LoginRecord.recordIn(written)).toEqual({ at: now, proof: "login", isRemembered: false })
    expect([59_999, 60_000].map((age) => Lifetime.ended(lifetime, written, now + age))).toEqual([undefined, "Idle"])
    expect(Lifetime.ended(lifetime, written, now + 600_000)).toBe("TooOld")
  })

  it("may be a deflated text whose beginning is readable", async () => {
    const values = Object.entries(user).map(([key, value]) => [key, Json.write(value)] as const)
    const cart = Array.from({ length: 500 }, (_, n) => n * n)
    const text = codec.encode(Data.of([...values, ["cart", Json.write(cart)]]), now)
    expect(text).toMatch(/^\./)
    expect(presumedUser(text)).toEqual({ id: "1", backend: "b" })
    expect(await siteWith().manage(DECODE, text)).toEqual({ ...user, cart })
  })

  it("does not outlive a login of another user at Django", async () => {
    const record = LoginRecord.recordText("1", { at: now, proof: "login", isRemembered: false })
    const values = Object.entries(user).map(([key, value]) => [key, Json.write(value)] as const)
    const given = codec.encode(Data.of([...values, [LoginRecord.sessionDataKey, record]]), now)
    const keys = await siteWith().manage(
      `
from types import SimpleNamespace
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.signed_cookies import SessionStore as Cookies
from django.contrib.sessions.backends.db import SessionStore
user_logged_in.receivers.clear()
session = Cookies()
session._session_cache = SessionStore().decode(given)
user = User(pk=2, username="bob", password="x")
request = SimpleNamespace(session=session, META={}, user=None)
login(request, user, backend="django.contrib.auth.backends.ModelBackend")
answer = [list(session.keys()), session["_auth_user_id"]]
`,
      given
    )
    expect(keys).toEqual([["_auth_user_id", "_auth_user_backend", "_auth_user_hash"], "2"])
  })
})
