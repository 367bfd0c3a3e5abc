/** Django 4.2's own engine on the same directory. */
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { fileSessions } from "../../../../src/adapters/store/file.ts"
import type { SessionChange } from "../../../../src/core/effect.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import { makeCodec } from "../../../../src/core/session/text/codec.ts"
import * as Key from "../../../../src/core/session-key.ts"
import { django, djangoService } from "../../../rig/django.ts"
import { freshKey } from "../session-calls.ts"

/** Two weeks, in milliseconds. */
const LIFETIME = 1_209_600_000
const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"

describe.skipIf(!djangoService().available)("a directory of sessions shared with Django", () => {
  const directory = mkdtempSync(join(tmpdir(), "latchkey-shared-"))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  const site = django({ databaseUrl: "postgres://nobody@127.0.0.1:1/none", secretKey, sessionFilePath: directory })
  const engine = "from django.contrib.sessions.backends.file import SessionStore\n"
  const store = fileSessions({ directory })
  const codec = makeCodec({ secret: secretKey, fallbacks: [] })
  const load = async (key: unknown) => {
    const answer = await Effect.runPromise(store.load(Key.parse(String(key))!, Date.now()))
    if (answer._tag !== "SessionFound") return undefined
    const decoded = codec.decode(answer.text)
    return decoded._tag === "Decoded" ? Object.fromEntries(Data.values(decoded.data)) : decoded._tag
  }

  it("contains Django's sessions, which latchkey reads until Django deletes them", async () => {
    const key = await site.manage(`${engine}
s = SessionStore()
s["name"] = "é漢😀"
s.create()
answer = s.session_key`)
    expect(await load(key)).toEqual({ name: '"\\u00e9\\u6f22\\ud83d\\ude00"' })
    await site.manage(`${engine}SessionStore(given).delete()`, key)
    expect(await load(key)).toBeUndefined()
  })
  it("contains latchkey's sessions, which Django reads and writes until latchkey deletes them", async () => {
    const key = freshKey()
    const now = Date.now()
    const text = codec.encode(Data.of([["name", Json.write("é漢😀")]]), now)
    const expiresAt = now + LIFETIME
    await Effect.runPromise(store.commit({ _tag: "Insert", key, text, expiresAt }, now))
    const seen = await site.manage(
      `${engine}
s = SessionStore(given)
answer = [s.get("name"), s.exists(given)]
s["more"] = 1
s.save()`,
      key
    )
    expect(seen).toEqual(["é漢😀", true])
    expect(await load(key)).toEqual({ name: '"\\u00e9\\u6f22\\ud83d\\ude00"', more: "1" })
    expect(statSync(join(directory, `sessionid${key}`)).mode & 0o777).toBe(0o600)
    await Effect.runPromise(store.commit({ _tag: "Delete", key }, now))
    expect(await site.manage(`${engine}answer = SessionStore(given).exists(given)`, key)).toBe(false)
  })
  describe("that Django writes at the same time", () => {
    const waiting = join(directory, "django-is-writing")
    /** Django reads the session and adds to it, and waits in the middle of writing its file until `change` is done. */
    const during = async (change: (key: Key.SessionKey, now: number) => SessionChange) => {
      const key = freshKey()
      const now = Date.now()
      const text = codec.encode(Data.of([["was", Json.write(1)]]), now)
      await Effect.runPromise(store.commit({ _tag: "Insert", key, text, expiresAt: now + LIFETIME }, now))
      const saved = site.manage(
        `${engine}
import pathlib, tempfile, time
key, waiting = given
make = tempfile.mkstemp
def wait_and_make(*args, **options):
    pathlib.Path(waiting).touch()
    while pathlib.Path(waiting).exists():
        time.sleep(0.01)
    return make(*args, **options)
s = SessionStore(key)
s["django"] = 1
tempfile.mkstemp = wait_and_make
s.save()
answer = "saved"`,
        [key, waiting]
      )
      await expect.poll(() => existsSync(waiting), { timeout: 20_000 }).toBe(true)
      expect((await Effect.runPromise(store.commit(change(key, now), now)))._tag).toMatch(/^(Committed|Deleted)$/)
      const meanwhile = await load(key)
      rmSync(waiting)
      expect(await saved).toBe("saved")
      return { meanwhile, afterwards: await load(key) }
    }

    it("loses what latchkey wrote meanwhile", async () => {
      const text = codec.encode(Data.of([["latchkey", Json.write(1)]]), Date.now())
      const { afterwards, meanwhile } = await during((key, now) => ({
        _tag: "Update",
        key,
        was: undefined,
        text,
        expiresAt: now + LIFETIME
      }))
      expect([meanwhile, afterwards]).toEqual([{ latchkey: "1" }, { was: "1", django: "1" }])
    })
    it("contains the session again that latchkey deleted meanwhile", async () => {
      const { afterwards, meanwhile } = await during((key) => ({ _tag: "Delete", key }))
      expect([meanwhile, afterwards]).toEqual([undefined, { was: "1", django: "1" }])
    })
  })
  it("is cleared by Django, which ignores latchkey's locks and temporary files", async () => {
    const [old, young] = [freshKey(), freshKey()]
    const now = Date.now()
    const text = codec.encode(new Map(), now)
    await Effect.runPromise(store.commit({ _tag: "Insert", key: old, text, expiresAt: now - 1000 }, now))
    await Effect.runPromise(store.commit({ _tag: "Insert", key: young, text, expiresAt: now + LIFETIME }, now))
    await site.manage(
      `${engine}
import pathlib
pathlib.Path(given, ".latchkey-lock-sessionidaaaaaaaa").touch()
pathlib.Path(given, "sessionidaaaaaaaa_out_0123456789abcdef").touch()
SessionStore.clear_expired()`,
      directory
    )
    expect([await load(old), await load(young)]).toEqual([undefined, {}])
  })
})
