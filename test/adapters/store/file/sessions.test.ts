import { execFileSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Worker } from "node:worker_threads"
import { deflateSync } from "node:zlib"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { fileSessions } from "../../../../src/adapters/store/file.ts"
import type { SessionChange } from "../../../../src/core/effect.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import * as Expiry from "../../../../src/core/session/lifetime/expiry.ts"
import { makeCodec } from "../../../../src/core/session/text/codec.ts"
import * as Key from "../../../../src/core/session-key.ts"
import { recordCases } from "../../../corpus/recording.ts"
import corpus from "../../../corpus/store.json" with { type: "json" }
import { start as startChild } from "../../../rig/child.ts"
import { application, browser, type Handler, logIn } from "../../request/site.ts"
import { carriesALogin } from "../carried-login.ts"
import { freshKey } from "../session-calls.ts"
import { sessionStoreContract } from "../session-store-contract.ts"

type Context = Parameters<Handler>[0]

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const AGE = 1_209_600_000
const LATER = NOW + AGE

const folders: Array<string> = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-files-"))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const directory = newFolder()
const store = fileSessions({ directory })
const commit = (change: SessionChange, now = NOW) => Effect.runPromise(store.commit(change, now))
const load = (key: Key.SessionKey, now = NOW) => Effect.runPromise(store.load(key, now))
const pathOf = (key: string, folder = directory) => join(folder, `sessionid${key}`)
const inserted = async (text = "text", expiresAt = LATER) => {
  const key = freshKey()
  await commit({ _tag: "Insert", key, text, expiresAt })
  return key
}
const found = (text: string) => ({ _tag: "SessionFound", text, prefetched: undefined })
const absent = { _tag: "SessionAbsent" }
const failure = async (effect: Effect.Effect<unknown, StoreUnavailable>) => {
  const error = await Effect.runPromise(Effect.flip(effect))
  expect(error).toBeInstanceOf(StoreUnavailable)
  return String(error.cause)
}

/** Moves sessions until another thread has seen the old and the new file of one session at the same time. */
const bothSeen = async () => {
  const pairs = Array.from({ length: 500 }, () => [freshKey(), freshKey()] as const)
  const flags = new Int32Array(new SharedArrayBuffer(8))
  const paths = pairs.map((pair) => pair.map((key) => pathOf(key)))
  const watching = `
    const { workerData: { flags, paths } } = require("node:worker_threads")
    const { existsSync } = require("node:fs")
    while (!paths[Atomics.load(flags, 0)].every((path) => existsSync(path)));
    Atomics.store(flags, 1, 1)`
  const watcher = new Worker(watching, { eval: true, workerData: { flags, paths } })
  await new Promise((resolve) => watcher.once("online", resolve))
  for (const [i, [from, to]] of pairs.entries()) {
    if (flags[1] === 1) break
    await commit({ _tag: "Insert", key: from, text: "was", expiresAt: LATER })
    Atomics.store(flags, 0, i)
    await commit({ _tag: "Move", from, was: "was", to, text: "is", expiresAt: LATER, ifGone: "Refuse" })
    await commit({ _tag: "Delete", key: to })
  }
  await watcher.terminate()
  expect(flags[1]).toBe(1)
}

sessionStoreContract("files", async () => ({
  store: fileSessions({ directory: newFolder() }),
  close: async () => {},
  expired: (text) => ({ _tag: "SessionExpired", text }),
  failures: { atomicSwap: bothSeen }
}))

describe("a session in a file", () => {
  it("has the file name of Django's file engine, is readable by its owner only, and leaves no other files", async () => {
    const folder = newFolder()
    const own = fileSessions({ directory: folder, cookieName: "sid" })
    const [key, to] = [freshKey(), freshKey()]
    const change = { key, text: "a:b:c", expiresAt: LATER }
    await Effect.runPromise(own.commit({ _tag: "Insert", ...change }, NOW))
    expect(readdirSync(folder)).toEqual([`sid${key}`])
    expect(readFileSync(join(folder, `sid${key}`), "utf8")).toBe("a:b:c")
    expect(statSync(join(folder, `sid${key}`)).mode & 0o777).toBe(0o600)
    await Effect.runPromise(own.commit({ _tag: "Update", ...change, was: "a:b:c", text: "is" }, NOW))
    expect(statSync(join(folder, `sid${key}`)).mode & 0o777).toBe(0o600)
    const move = { _tag: "Move", from: key, was: "is", to, ifGone: "Refuse", text: "t", expiresAt: LATER } as const
    await Effect.runPromise(own.commit(move, NOW))
    expect(readdirSync(folder)).toEqual([`sid${to}`])
    await Effect.runPromise(own.commit({ _tag: "Delete", key: to }, NOW))
    expect(readdirSync(folder)).toEqual([])
  })
  it("is in the directory for temporary files by default", async () => {
    const own = fileSessions()
    const key = freshKey()
    await Effect.runPromise(own.commit({ _tag: "Insert", key, text: "text", expiresAt: LATER }, NOW))
    expect(existsSync(join(tmpdir(), `sessionid${key}`))).toBe(true)
    await Effect.runPromise(own.commit({ _tag: "Delete", key }, NOW))
  })
  it.each([
    "aaaaaaaa/../x",
    "../../etc/passwd",
    "AAAAAAAA",
    "aaaaaaaa\n",
    "aaaaaaaa.",
    "aaaaaaaK",
    "a".repeat(129),
    "_out_aaaaa"
  ])("never has the name %j", async (text) => {
    const before = readdirSync(directory)
    const key = Key.parse(text)!
    const [to, rest] = [freshKey(), { text: "text", expiresAt: LATER }]
    expect(await load(key)).toEqual(absent)
    expect(await commit({ _tag: "Insert", key, ...rest })).toEqual({ _tag: "KeyTaken" })
    expect(await commit({ _tag: "Update", key, was: undefined, ...rest })).toEqual({ _tag: "Gone" })
    const move = { _tag: "Move", from: key, was: undefined, to, ...rest } as const
    expect(await commit({ ...move, ifGone: "Refuse" })).toEqual({ _tag: "Gone" })
    expect(await commit({ _tag: "Delete", key })).toEqual({ _tag: "Deleted" })
    expect(readdirSync(directory)).toEqual(before)
    expect(await commit({ ...move, ifGone: "Insert" })).toEqual({ _tag: "Committed", key: to, text: "text" })
    await commit({ _tag: "Delete", key: to })
  })
  const cases = recordCases()
  const rowsOf = (id: string) => corpus.filter((row) => row.id === id)
  cases.each("store", rowsOf("B489"))("is never read from a link, a folder or a pipe ($id)", async () => {
    const [link, folder, pipe] = [freshKey(), freshKey(), freshKey()]
    symlinkSync("/etc/passwd", pathOf(link))
    mkdirSync(pathOf(folder))
    execFileSync("mkfifo", [pathOf(pipe)])
    for (const key of [link, folder, pipe]) {
      expect(await load(key)).toEqual(absent)
      expect(await commit({ _tag: "Update", key, was: undefined, text: "t", expiresAt: LATER })).toEqual({
        _tag: "Gone"
      })
      expect(await commit({ _tag: "Insert", key, text: "t", expiresAt: LATER })).toEqual({ _tag: "KeyTaken" })
    }
    expect(await Effect.runPromise(store.clearExpired(NOW))).toBe(0)
    expect(statSync("/etc/passwd").size).toBeGreaterThan(0)
    for (const key of [link, folder, pipe]) rmSync(pathOf(key), { recursive: true })
  })
  it("that would inflate to 200 MB is not inflated beyond the limit", async () => {
    const key = freshKey()
    const bomb = `.${deflateSync(Buffer.alloc(200_000_000, "0")).toString("base64url")}:1r31eq:mac`
    writeFileSync(pathOf(key), bomb)
    const before = process.memoryUsage.rss()
    expect(await load(key, Date.now())).toEqual(found(bomb))
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000)
  })
  carriesALogin(() => store)
  describe("that has expired", () => {
    const visited = async (handler: Handler, status?: number) => {
      const folder = newFolder()
      const app = await application({ sessions: fileSessions({ directory: folder }) })
      const user = browser(app)
      await user.visit(({ session }) => session.set("x", 1))
      const cookie = String(user.cookies.get("sessionid"))
      const path = pathOf(cookie, folder)
      const { mtimeMs } = statSync(path)
      utimesSync(path, (mtimeMs - AGE) / 1000, (mtimeMs - AGE) / 1000)
      const { cookies } = await user.visit(handler, status)
      return {
        cookies: cookies.length,
        before: cookie,
        after: user.cookies.get("sessionid"),
        files: readdirSync(folder)
      }
    }

    it.each<readonly [string, Handler]>([
      ["reads", async ({ session }) => expect(await session.get("x")).toBeUndefined()],
      ["asks for the user", async ({ getUser }) => expect(await getUser()).toBeUndefined()],
      ["deletes a key that does not exist", ({ session }) => session.delete("x")],
      [
        "does several of these in parallel",
        ({ getUser, session }) => Promise.all([getUser(), session.set("a", 1), session.set("b", 2), session.get("x")])
      ]
    ])("is replaced by an empty session under a new key when a request %s", async (_, handler) => {
      const { after, before, cookies, files } = await visited(handler)
      expect([cookies, after === before]).toEqual([1, false])
      expect(files).toEqual([`sessionid${after}`])
    })
    it("passes no data to a user who logs in with its cookie", async () => {
      const { after, before, files } = await visited(async (context) => {
        await logIn()(context)
        expect(await context.session.get("x")).toBeUndefined()
      })
      expect(after).not.toBe(before)
      expect(files).toEqual([`sessionid${after}`])
    })
    it("stays when the request does not use the session, and when the response is a 500", async () => {
      for (const [handler, status] of [
        [() => {}, 200],
        [({ session }: Context) => session.get("x"), 500]
      ] as const) {
        const { after, before, cookies, files } = await visited(handler, status)
        expect([cookies, after, files]).toEqual([0, before, [`sessionid${before}`]])
      }
    })
    it("stays when a reader reads it, and reads as an anonymous, empty session", async () => {
      const folder = newFolder()
      const { auth } = await application({ sessions: fileSessions({ directory: folder }) })
      const user = browser({ auth })
      await user.visit(({ session }) => session.set("x", 1))
      const path = pathOf(String(user.cookies.get("sessionid")), folder)
      utimesSync(path, 1, 1)
      const before = readFileSync(path, "utf8")
      const { getUser, session } = auth.reader({
        method: "GET",
        target: "/",
        headers: [["Cookie", `sessionid=${user.cookies.get("sessionid")}`]],
        transport: { secure: false, serverName: "localhost", serverPort: "80" }
      })
      expect([await getUser(), await session.get("x"), await session.keys()]).toEqual([undefined, undefined, []])
      expect([readdirSync(folder).length, readFileSync(path, "utf8")]).toEqual([1, before])
    })
    it("is deleted by a logout, and no new session replaces it", async () => {
      const { after, files } = await visited(async ({ getUser, logout }) => {
        await getUser()
        await logout()
      })
      expect([after, files]).toEqual([undefined, []])
    })
  })
  const empty = "may be an empty file, which Django leaves when it stops before it writes ($id)"
  cases.each("store", rowsOf("B491"))(empty, async () => {
    const key = freshKey()
    writeFileSync(pathOf(key), "")
    expect(await load(key, Date.now())).toEqual(found(""))
    const update = { _tag: "Update", key, was: "", text: "is", expiresAt: LATER } as const
    expect(await commit(update)).toEqual({ _tag: "Committed", key, text: "is" })
  })
  cases.isComplete("store", ["B489", "B491"])
  it("may contain any bytes, and can be overwritten", async () => {
    const key = freshKey()
    writeFileSync(pathOf(key), Buffer.from([0, 255, 128, 10]))
    const text = "\0\xff\x80\n"
    expect(await load(key, Date.now())).toEqual(found(text))
    const update = { _tag: "Update", key, was: text, text: "is", expiresAt: LATER } as const
    expect(await commit(update)).toEqual({ _tag: "Committed", key, text: "is" })
  })
})

describe("a session file that Django wrote", () => {
  const codec = makeCodec({ secret: "secret", fallbacks: [] })
  const write = (savedAt: number, expiry?: ReturnType<typeof Expiry.afterSeconds>) => {
    const key = freshKey()
    const noise = Expiry.afterSeconds(1)
    const data = Data.of([["k", noise], ...(expiry === undefined ? [] : ([["_session_expiry", expiry]] as const))])
    writeFileSync(pathOf(key), codec.encode(data, savedAt))
    utimesSync(pathOf(key), savedAt / 1000, savedAt / 1000)
    return key
  }
  const endsAt = async (key: Key.SessionKey, end: number) => {
    expect((await load(key, end - 1))._tag).toBe("SessionFound")
    expect((await load(key, end))._tag).toBe("SessionExpired")
  }
  it("expires when it is as old as the cookie's age", () => endsAt(write(NOW), NOW + AGE))
  it("expires the given seconds after it was written", async () => {
    await endsAt(write(NOW, Expiry.afterSeconds(300)), NOW + 300_000)
    await endsAt(write(NOW, Expiry.afterSeconds(3_000_000)), NOW + 3_000_000_000)
  })
  it("expires at the instant that it names", async () => {
    await endsAt(write(NOW, Expiry.atInstant(NOW + 5000)), NOW + 5000)
    await endsAt(write(NOW, Expiry.atInstant(NOW + 2 * AGE)), NOW + 2 * AGE)
  })
  it("has the same expiry when latchkey wrote it, because the file's time is the time of the write", async () => {
    for (const [expiry, lifetime] of [
      [undefined, AGE],
      [Expiry.afterSeconds(300), 300_000],
      [Expiry.atInstant(NOW + 5000), 5000]
    ] as const) {
      const data = Data.of(expiry === undefined ? [] : [["_session_expiry", expiry]])
      const key = await inserted(codec.encode(data, NOW), NOW + lifetime)
      expect(Math.round(statSync(pathOf(key)).mtimeMs)).toBe(NOW)
      await endsAt(key, NOW + lifetime)
    }
  })
})

describe("clearing expired session files", () => {
  it("removes expired sessions, and no file of another program", async () => {
    const folder = newFolder()
    const own = fileSessions({ directory: folder })
    const old = new Date(Date.now() - 2 * AGE)
    for (const name of [
      "notes.txt",
      "sessionid-not-a-key!",
      "sessionidaaaaaaaa",
      `sessionidbbbbbbbb_out_${"0".repeat(16)}`
    ]) {
      writeFileSync(join(folder, name), "")
      utimesSync(join(folder, name), old, old)
    }
    expect(await Effect.runPromise(own.clearExpired(Date.now()))).toBe(1)
    // Too new to be a leftover: the change time (ctime) counts, not the modification time that was set.
    expect(readdirSync(folder).sort()).toEqual([
      "notes.txt",
      "sessionid-not-a-key!",
      `sessionidbbbbbbbb_out_${"0".repeat(16)}`
    ])
  })
})

describe("a session directory", () => {
  it("that does not exist is refused when the store is made", () => {
    for (const options of [{ directory: "/nowhere" }, { cookieName: "a/b" }, { cookieAgeSeconds: 0 }]) {
      expect(() => fileSessions(options)).toThrow(expect.objectContaining({ _tag: "ConfigurationInvalid" }))
    }
  })
  it("that was removed makes every operation fail", async () => {
    const folder = newFolder()
    const own = fileSessions({ directory: folder })
    const key = freshKey()
    rmSync(folder, { recursive: true })
    const rest = { text: "t", expiresAt: LATER }
    expect(await failure(own.load(key, NOW))).toMatch(/NO_DIRECTORY/)
    expect(await failure(own.commit({ _tag: "Insert", key, ...rest }, NOW))).toMatch(/ENOENT/)
    expect(await failure(own.commit({ _tag: "Update", key, was: undefined, ...rest }, NOW))).toMatch(/ENOENT/)
    expect(await failure(own.commit({ _tag: "Delete", key }, NOW))).toMatch(/ENOENT/)
    expect(await failure(own.clearExpired(NOW))).toMatch(/ENOENT/)
  })
  it("from which a file cannot be removed makes a delete fail", async () => {
    const key = freshKey()
    mkdirSync(pathOf(key))
    expect(await failure(store.commit({ _tag: "Delete", key }, NOW))).toMatch(/EISDIR|EPERM/)
    rmSync(pathOf(key), { recursive: true })
  })
  it("causes errors that name no session key", async () => {
    const key = freshKey()
    mkdirSync(pathOf(key))
    const error = await Effect.runPromise(Effect.flip(store.commit({ _tag: "Delete", key }, NOW)))
    expect(`${error} ${error.cause} ${JSON.stringify(error)}`).not.toContain(key)
    rmSync(pathOf(key), { recursive: true })
  })

  it("on a full disk refuses writes, keeps its sessions, and lets them be deleted", async ({ skip }) => {
    const small = newFolder()
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", small], { stdio: "ignore" })
    } catch {
      console.warn("SKIPPED: a small file system cannot be mounted here")
      skip()
    }
    try {
      const own = fileSessions({ directory: small })
      const [key, to, rest] = [freshKey(), freshKey(), { text: "x".repeat(5000), expiresAt: LATER }]
      await Effect.runPromise(own.commit({ _tag: "Insert", key, text: "t", expiresAt: LATER }, NOW))
      writeFileSync(join(small, "filler"), "x".repeat(56 * 1024))
      const full = async (change: SessionChange) => expect(await failure(own.commit(change, NOW))).toMatch(/ENOSPC/)
      await full({ _tag: "Insert", key: to, ...rest })
      await full({ _tag: "Update", key, was: "t", ...rest })
      await full({ _tag: "Move", from: key, was: "t", to, ifGone: "Refuse", ...rest })
      expect(readdirSync(small).sort()).toEqual(["filler", `sessionid${key}`].sort())
      expect(await Effect.runPromise(own.load(key, NOW))).toEqual(found("t"))
      expect(await Effect.runPromise(own.commit({ _tag: "Delete", key }, NOW))).toEqual({ _tag: "Deleted" })
    } finally {
      execFileSync("umount", [small])
    }
  })
})

describe("processes that share session files", () => {
  const start = (key: string, number: number, count: number) =>
    startChild(process.execPath, [
      ...[join(import.meta.dirname, "writer.ts"), directory, key],
      ...Array.from({ length: count }, (_, i) => `p${number}k${i}`)
    ])

  it("keep each other's writes", async () => {
    const key = await inserted("{}", Date.now() + AGE)
    const writers = [0, 1, 2].map((number) => start(key, number, 20))
    for (const writer of writers) expect((await writer.printed(/wrote (\d+)/))[1]).toBe("20")
    expect(Object.keys(JSON.parse(readFileSync(pathOf(key), "latin1")))).toHaveLength(60)
  })
  it("cannot write a session back that one of them deleted", async () => {
    const key = await inserted("{}", Date.now() + AGE)
    const writers = [0, 1, 2].map((number) => start(key, number, 5000))
    for (const writer of writers) await writer.printed(/ready/)
    await sleep(100)
    expect(await commit({ _tag: "Delete", key })).toEqual({ _tag: "Deleted" })
    for (const writer of writers) expect(Number((await writer.printed(/wrote (\d+)/))[1])).toBeLessThan(5000)
    expect(existsSync(pathOf(key))).toBe(false)
  })
})

describe("the lock of a session file", () => {
  const lockOf = (key: string) => join(directory, `.latchkey-lock-sessionid${key}`)
  const update = (key: Key.SessionKey): SessionChange => ({
    _tag: "Update",
    key,
    was: "text",
    text: "is",
    expiresAt: LATER
  })

  it("makes a write wait until it is released", async () => {
    const key = await inserted()
    writeFileSync(lockOf(key), "")
    const written = commit(update(key))
    await sleep(100)
    expect(await load(key)).toEqual(found("text"))
    rmSync(lockOf(key))
    expect((await written)._tag).toBe("Committed")
    expect(existsSync(lockOf(key))).toBe(false)
  })
  it("makes a write fail if it is not released, and nothing is written", async () => {
    const key = await inserted()
    writeFileSync(lockOf(key), "")
    const keeper = setInterval(() => utimesSync(lockOf(key), new Date(), new Date()), 200)
    expect(await failure(store.commit({ _tag: "Delete", key }, NOW))).toMatch(/LOCKED/)
    clearInterval(keeper)
    expect(await load(key)).toEqual(found("text"))
    rmSync(lockOf(key))
  })
  it("is removed when it is older than five seconds, because the process that held it has died", async () => {
    const key = await inserted()
    writeFileSync(lockOf(key), "")
    const old = new Date(Date.now() - 6000)
    utimesSync(lockOf(key), old, old)
    expect((await commit(update(key)))._tag).toBe("Committed")
    expect(readdirSync(directory).filter((name) => name.includes(`lock-sessionid${key}`))).toEqual([])
  })
})
