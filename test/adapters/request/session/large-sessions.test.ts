/** A stored session larger than the application's limit: an error, never an empty session. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import type { SessionStore } from "../../../../src/adapters/ports/session-store.ts"
import { fileSessions } from "../../../../src/adapters/store/file.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import { makeJsonCodec } from "../../../../src/adapters/store/redis/sessions/json-codec.ts"
import { signedCookieSessions } from "../../../../src/adapters/store/signed-cookies.ts"
import { saltedHmac } from "../../../../src/core/signing/hmac.ts"
import { type Application, application, type Browser, browser, type Handler, logIn } from "../site.ts"

const directory = mkdtempSync(join(tmpdir(), "latchkey-large-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Compresses well: the text that is stored is much shorter than the limit. */
const long = "x".repeat(2000)

const engines: Readonly<Record<string, () => SessionStore>> = {
  "text signed as by Django": () => memory().sessions,
  "JSON as in Redis": () => ({ ...memory().sessions, codec: makeJsonCodec }),
  files: () => fileSessions({ directory }),
  "signed cookies": signedCookieSessions
}

const failureOf = async (work: () => Promise<unknown>): Promise<StoreUnavailable> => {
  const error = await work().catch((cause: unknown) => cause)
  return error instanceof StoreUnavailable ? error : expect.fail(`no outage, but ${String(error)}`)
}

describe.each(Object.entries(engines))("a session that is too large, in %s", (_, engine) => {
  const sites = async (): Promise<{ readonly generous: Application; readonly strict: Application }> => {
    const sessions = engine()
    return {
      generous: await application({ sessions }),
      strict: await application({ sessions, maximumSessionBytes: 1024 })
    }
  }
  /** The user's session, which one application wrote, before the other one. */
  const visitor = async ({ generous, strict }: Awaited<ReturnType<typeof sites>>): Promise<[Browser, Browser]> => {
    const before = browser(generous)
    await before.visit(logIn())
    await before.visit(({ session }) => session.set("long", long))
    return [before, browser(strict, before.cookies)]
  }

  it("fails every read with an error that names the setting, and keeps its data", async () => {
    const [generous, strict] = await visitor(await sites())
    const cookies = new Map(strict.cookies)
    for (const work of [
      () => strict.visit(({ getUser }) => getUser()),
      () => strict.visit(({ session }) => session.get("long")),
      () => strict.visit(({ session }) => session.keys()),
      () => strict.visit(({ session }) => session.set("a", 1)),
      () => strict.visit(({ session }) => session.cycleKey()),
      () => strict.visit(logIn("bob"))
    ]) {
      const failure = await failureOf(work)
      expect(failure.message).toContain("maximumSessionBytes")
      expect(failure.message).not.toContain("xxx")
    }
    expect(strict.cookies).toEqual(cookies)
    let seen: unknown
    await generous.visit(async ({ getUser, session }) => {
      seen = [(await getUser())?.username, await session.get("long")]
    })
    expect(seen).toEqual(["alice", long])
  })

  it("fails under saveEveryRequest although the handler reads nothing", async () => {
    const sessions = engine()
    const generous = await application({ sessions })
    const strict = await application({ sessions, maximumSessionBytes: 1024, saveEveryRequest: true })
    const [, before] = await visitor({ generous, strict })
    expect((await failureOf(() => before.visit(() => undefined))).message).toContain("maximumSessionBytes")
  })

  it("can be ended: a logout and a flush do not read it", async () => {
    const both = await sites()
    const ends: ReadonlyArray<Handler> = [({ logout }) => logout(), ({ session }) => session.flush()]
    for (const end of ends) {
      const [, strict] = await visitor(both)
      await strict.visit(end)
      expect([...strict.cookies.keys()]).not.toContain("sessionid")
    }
  })
})

describe("a session that becomes too large while a request changes it", () => {
  it.each(["text signed as by Django", "JSON as in Redis", "files"])("fails that request: %s", async (name) => {
    const sessions = engines[name]?.() ?? expect.fail("no such engine")
    const before = browser(await application({ sessions }))
    const during = browser(await application({ sessions, maximumSessionBytes: 1024 }), before.cookies)
    await before.visit(({ session }) => session.set("short", 1))
    const failure = await failureOf(() =>
      during.visit(async ({ session }) => {
        await session.set("mine", 1)
        await before.visit((other) => other.session.set("long", long))
      })
    )
    expect(failure.message).toContain("maximumSessionBytes")
    let keys: unknown
    await before.visit(async ({ session }) => {
      keys = await session.keys()
    })
    expect(keys).toEqual(["short", "long"])
  })
})

describe("a session of Django 3.0 that is too large", () => {
  it("fails with Django 3.2 like any other", async () => {
    const { auth, stores } = await application({ maximumSessionBytes: 1024, djangoVersion: "3.2" })
    const visitor = browser({ auth })
    await visitor.visit(({ session }) => session.set("a", 1))
    const json = `{"long":"${long}"}`
    const hash = saltedHmac("django.contrib.sessionsSessionStore", json, "secret-key", "sha1")
    const text = Buffer.from(`${hash}:${json}`).toString("base64")
    const [[key] = []] = stores.sessions.rows
    const expiresAt = Date.now() + 60_000
    if (key === undefined) return expect.fail("no row")
    await Effect.runPromise(
      stores.sessions.commit({ _tag: "Update", key, was: undefined, text, expiresAt }, Date.now())
    )
    expect((await failureOf(() => visitor.visit(({ session }) => session.keys()))).message).toContain(
      "maximumSessionBytes"
    )
  })
})

describe("a session file that is too large for memory", () => {
  it("is an outage, and the file is kept", async () => {
    const folder = mkdtempSync(join(directory, "huge-"))
    const visitor = browser(await application({ sessions: fileSessions({ directory: folder }) }))
    await visitor.visit(({ session }) => session.set("a", 1))
    const [name = ""] = readdirSync(folder).filter((file) => file.startsWith("sessionid"))
    const text = readFileSync(join(folder, name))
    // A sparse file, which takes no space on the disk.
    truncateSync(join(folder, name), 300 * 1024 * 1024)
    const { cause } = await failureOf(() => visitor.visit(({ session }) => session.keys()))
    expect(cause).toMatchObject({ code: "TOO_LARGE" })
    writeFileSync(join(folder, name), text)
    await visitor.visit(async ({ session }) => expect(await session.keys()).toEqual(["a"]))
  })
})
