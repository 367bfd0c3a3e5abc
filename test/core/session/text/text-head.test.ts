import { inflateSync } from "node:zlib"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Identity from "../../../../src/core/auth/state/identity.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import { makeCodec } from "../../../../src/core/session/text/codec.ts"
import { deflateBehind } from "../../../../src/core/session/text/deflate.ts"
import { presumedUser, textHeads } from "../../../../src/core/session/text/text-head.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import * as Base64url from "../../../../src/core/signing/base64url.ts"
import vectors from "../../../vectors/session_codec.json" with { type: "json" }

const codec = makeCodec({ secret: "s".repeat(50), fallbacks: [] })
const key = SessionKey.parse("k".repeat(32))
const now = 1_700_000_000_000
const backend = "django.contrib.auth.backends.ModelBackend"

/** The text of a session that held `before` when this user logged in, and got `after` then. */
const textOf = (user: { id: string; backend: string }, after: Data.SessionData, before = Data.empty): string => {
  const session = Session.found(Session.fromCookie(key), "text", before)
  const { data } = Identity.write(session, { ...user, authHash: "0123456789abcdef".repeat(4) })
  return codec.encode(new Map([...data, ...after]), now)
}
const long = Data.of([["cart", Json.write(Array.from({ length: 300 }, (_, n) => `item ${n * n}`))]])
const ids = fc.oneof(fc.integer().map(String), fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String), fc.uuid())

describe("the user that a text names at its beginning", () => {
  it("is the one that logged in, with any data that the session got afterwards", () => {
    const keys = fc.string().filter((key) => !key.startsWith("_auth_user") && key !== "__proto__")
    const after = fc.array(fc.tuple(keys, fc.jsonValue({ maxDepth: 2 })), { maxLength: 60 })
    fc.assert(
      fc.property(ids, after, (id, members) => {
        const text = textOf({ id, backend }, Data.of(members.map(([key, value]) => [key, Json.write(value)])))
        expect(presumedUser(text)).toEqual({ id, backend })
      })
    )
  })

  it("is readable in short texts, which are not deflated, and in long ones, which are", () => {
    const texts = [textOf({ id: "7", backend }, Data.empty), textOf({ id: "7", backend }, long)]
    expect(texts.map((text) => text.startsWith("."))).toEqual([false, true])
    expect(texts.map((text) => textHeads.findIndex((head) => text.startsWith(head)))).toEqual([0, 1])
    expect(texts.map(presumedUser)).toEqual([
      { id: "7", backend },
      { id: "7", backend }
    ])
  })

  it("is not there if the session held something before: the order of keys is Django's", () => {
    const text = textOf({ id: "7", backend }, Data.empty, Data.of([["a", Json.write(1)]]))
    const decoded = codec.decode(text)
    const keys = decoded._tag === "Decoded" ? [...decoded.data.keys()] : []
    expect(keys).toEqual(["a", "_auth_user_id", "_auth_user_backend", "_auth_user_hash"])
    expect(presumedUser(text)).toBeUndefined()
  })

  it("is unknown in what Django deflated, and without a user", () => {
    for (const { compressed, encoded } of vectors.data.encode)
      if (compressed) expect(presumedUser(encoded)).toBeUndefined()
    expect(presumedUser(codec.encode(long, now))).toBeUndefined()
  })

  it("is at most a guess: any text has an answer, and none has an error", () => {
    const head = fc.constantFrom(...textHeads, "", ".")
    fc.assert(
      fc.property(head, fc.string({ unit: "binary" }), fc.string(), (start, text, json) => {
        for (const rest of [text, Base64url.encode(Buffer.from(json)), `${json}"`]) {
          const user = presumedUser(start + rest)
          if (user !== undefined) expect(user.id).toMatch(/^[A-Za-z0-9_.@+-]+$/)
        }
      })
    )
  })
})

describe("a stream that begins with readable bytes", () => {
  it("inflates to all of them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(3000), (bytes, stored) => {
        const stream = deflateBehind(Math.min(stored, bytes.length), bytes)
        expect(inflateSync(stream)).toEqual(Buffer.from(bytes))
        expect(Buffer.from(stream.subarray(7, 7 + Math.min(stored, bytes.length)))).toEqual(
          Buffer.from(bytes.subarray(0, stored))
        )
      })
    )
  })

  it("refers to them, so it is hardly longer", () => {
    const bytes = Buffer.from("the readable bytes occur again. ".repeat(200))
    expect(deflateBehind(192, bytes).length).toBeLessThan(192 + 100)
  })
})
