/** Session texts that Django writes and latchkey reads, and the reverse. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Json from "../../src/core/json/json-text.ts"
import * as Data from "../../src/core/json/session-data.ts"
import { makeCodec } from "../../src/core/session/codec.ts"
import { changed } from "../core/json/changed.ts"
import { django, djangoService } from "../rig/django.ts"

const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
const ENCODE = `
from django.contrib.sessions.backends.db import SessionStore
answer = SessionStore().encode(given)
`
const DECODE = `
from django.contrib.sessions.backends.db import SessionStore
answer = SessionStore().decode(given)
`

/** As orjson or `ensure_ascii=False` writes it. */
describe.skipIf(!djangoService().available)("a session in UTF-8", () => {
  const site = (sessionSerializer?: string) =>
    django({
      databaseUrl: "postgres://nobody@127.0.0.1:1/none",
      secretKey,
      ...(sessionSerializer && { sessionSerializer })
    })
  const codec = makeCodec({ secret: secretKey, fallbacks: [] })
  const now = Date.now()

  it.each([
    ["Django's own serializer", undefined],
    ["a serializer of UTF-8", "serializers.UTF8Serializer"]
  ])("of %s is read, changed, and read there again", async (_, serializer) => {
    const data = { name: "Zoë 東京 😀", clé: "é", n: 1.5, list: ["ü", { ß: null }], long: "長い".repeat(300) }
    const text = String(await site(serializer).manage(ENCODE, data))
    const decoded = codec.decode(text)
    if (decoded._tag !== "Decoded") return expect.fail(decoded._tag)
    expect(
      Object.fromEntries(Array.from(Data.values(decoded.data), ([key, value]) => [key, Json.read(value)]))
    ).toEqual(data)

    const after = codec.encode(changed(decoded.data, "city", "Köln"), now)
    expect(await site(serializer).manage(DECODE, after)).toEqual({ ...data, city: "Köln" })
  })

  it("is read by both versions of Django when latchkey wrote all of it", async () => {
    const data = { name: "Zoë 東京 😀", n: 1 }
    const text = codec.encode(Data.of(Object.entries(data).map(([key, value]) => [key, Json.write(value)])), now)
    for (const serializer of [undefined, "serializers.UTF8Serializer"])
      expect(await site(serializer).manage(DECODE, text)).toEqual(data)
  })
})

describe.skipIf(!djangoService().available)("a session of more than a megabyte", () => {
  const site = django({ databaseUrl: "postgres://nobody@127.0.0.1:1/none", secretKey })

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
    const codec = makeCodec({ secret: secretKey, fallbacks: [] })
    const decoded = codec.decode(text)
    if (decoded._tag !== "Decoded") return expect.fail(decoded._tag)
    expect(decoded.data.size).toBe(megabytes * 10_000)
    const directory = mkdtempSync(join(tmpdir(), "latchkey-large-"))
    try {
      // The text is too long for the command line.
      writeFileSync(join(directory, "text"), codec.encode(changed(decoded.data, "more", 1), Date.now()))
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
