/** inspect and explain: what they show, what they hide, and what they say without a secret key. */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as JsonText from "../../src/core/json/json-text.ts"
import * as SessionData from "../../src/core/json/session-data.ts"
import { makeCodec } from "../../src/core/session/text/codec.ts"
import { latchkey } from "../rig/command.ts"
import { longSuite } from "../rig/services.ts"

const root = join(import.meta.dirname, "../..")

let folder: string
/** A session key, the text of its row, and its session auth hash. */
let login: { readonly key: string; readonly text: string; readonly hash: string }
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "latchkey-inspect-"))
  mkdirSync(join(folder, "node_modules"))
  symlinkSync(root, join(folder, "node_modules", "latchkey"))
  symlinkSync(join(root, "node_modules", "effect"), join(folder, "node_modules", "effect"))
  mkdirSync(join(folder, "sessions"), { mode: 0o700 })
  // Sessions in files and one user who is made anew in every process with the same hash.
  writeFileSync(
    join(folder, "auth.ts"),
    `import { createAuth, defineBackend } from "latchkey"
    import { fileSessions } from "latchkey/file"
    import * as Schema from "effect/Schema"
    const alice = { id: "7", username: "alice" }
    export const auth = createAuth({
      secretKey: process.env.SECRET_KEY ?? "the-secret-of-the-inspect-test",
      sessions: fileSessions({ directory: "sessions" }),
      ...(process.env.BOUND && { sessionCookie: { secure: true }, deviceBound: { mode: process.env.BOUND, unbound: "end", djangoChecks: false } }),
      backends: { "a.Backend": defineBackend<typeof alice>({
        credentials: Schema.Struct({ name: Schema.String }),
        authenticate: () => alice, getUser: (id) => (id === "7" ? alice : undefined), idOf: (user) => user.id }) }
    })`
  )
  writeFileSync(
    join(folder, "login.ts"),
    `import { readFileSync } from "node:fs"
    import { auth } from "./auth.ts"
    import { Core } from "latchkey"
    const request = auth.open({ method: "GET", target: "/", headers: [], transport: { secure: false, serverName: "a", serverPort: "80" } })
    const user = await request.context.authenticate({ name: "alice" })
    await request.context.login(user!)
    await request.context.session.set("cart", [1, 2])
    await request.context.session.set("note", "a=b \\x9b31m \\x1b[31m red")
    await request.respond(200)
    const key = request.context.session.key()
    const text = readFileSync("sessions/sessionid" + key, "utf8")
    const codec = Core.makeCodec({ secret: "the-secret-of-the-inspect-test", fallbacks: [] })
    const hash = Core.SessionData.get(codec.decode(text).data, "_auth_user_hash")
    console.log(JSON.stringify({ key, text, hash: JSON.parse(hash) }))`
  )
  login = JSON.parse(execFileSync(process.execPath, ["login.ts"], { cwd: folder, encoding: "utf8" }))
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (args: ReadonlyArray<string>, stdin = "", env = {}) => latchkey(args, { cwd: folder, stdin, env })

describe.skipIf(!longSuite().available)("inspect", () => {
  it("shows validity, user, expiry and values of a session key, and never the hash", async () => {
    const { code, stdout, stderr } = await run(["inspect"], login.key)
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatch(/^valid {4}yes\nuser {5}alice\nexpires {2}\d{4}-\d\d-\d\dT.*\nvalues\n/)
    expect(stdout).toContain('"cart": [1,2]')
    expect(stdout).toContain('"_auth_user_hash": (hidden)')
    expect(stdout).not.toContain(login.hash)
    expect(stdout).not.toContain(login.key)
  })

  it("accepts a key, a Cookie header with or without its name, and a session text", async () => {
    for (const text of [
      login.key,
      `sessionid=${login.key}; csrftoken=x`,
      `Cookie: a=b; sessionid=${login.key}`,
      login.text
    ]) {
      expect((await run(["inspect", text])).code).toBe(0)
      const { code, stdout } = await run(["inspect", "--json"], `${text}\n`)
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({
        valid: true,
        reason: null,
        user: "alice",
        values: { cart: [1, 2], _auth_user_id: "7", _auth_user_hash: "(hidden)" }
      })
      expect(stdout).not.toContain(login.hash)
    }
  })

  it("escapes control characters of the values, which a terminal would obey", async () => {
    for (const args of [["inspect"], ["inspect", "--json"]]) {
      const { stdout } = await run(args, login.key)
      expect(stdout).toContain("31m red")
      expect(stdout).not.toMatch(/[\u0080-\u009f]/)
      expect(stdout).not.toContain("\x1b")
    }
    expect(JSON.parse((await run(["inspect", "--json"], login.key)).stdout).values.note).toBe(
      "a=b \x9b31m \x1b[31m red"
    )
  })

  it("says whether and since when a session is bound to a device, and with which algorithm", async () => {
    const codec = makeCodec({ secret: "the-secret-of-the-inspect-test", fallbacks: [] })
    const inspected = async (binding: object) => {
      const decoded = codec.decode(login.text)
      if (decoded._tag !== "Decoded") throw new Error(decoded._tag)
      const text = codec.encode(
        SessionData.of([...SessionData.values(decoded.data), ["_latchkey_device", JsonText.write(binding)]]),
        Date.now()
      )
      const json = await run(["inspect", "--json"], text)
      return { line: (await run(["inspect"], text)).stdout.split("\n")[2], device: JSON.parse(json.stdout).device }
    }
    const offer = { v: 1, id: "i".repeat(22), offered: Date.UTC(2026, 0, 2, 3, 4, 5) }
    const jwk = { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) }
    expect(await inspected(offer)).toEqual({
      line: "device   not bound: offered 2026-01-02T03:04:05.000Z, and no device has registered",
      device: { state: "offered", offered: "2026-01-02T03:04:05.000Z" }
    })
    expect(await inspected({ ...offer, jwk, alg: "ES256", since: offer.offered + 1000 })).toEqual({
      line: "device   bound since 2026-01-02T03:04:06.000Z, offered 2026-01-02T03:04:05.000Z, ES256",
      device: {
        ...{ state: "bound", offered: "2026-01-02T03:04:05.000Z" },
        ...{ since: "2026-01-02T03:04:06.000Z", algorithm: "ES256" }
      }
    })
    expect((await inspected({ ...offer, v: 2 })).device).toEqual({ state: "malformed" })
    expect((await inspected({ ...offer, offered: 1e99 })).device.offered).toBe("an unknown time")
  })

  it("says that a session is not valid which its device has not proven, unless the site only observes", async () => {
    const cookies = `sessionid=${login.key}`
    const refused = await run(["inspect"], cookies, { BOUND: "enforce" })
    expect([refused.code, refused.stdout.split("\n")[0]]).toEqual([
      1,
      'valid    no: No device has registered for the session, so deviceBound.unbound: "end" closes it.'
    ])
    const observed = await run(["inspect"], cookies, { BOUND: "observe" })
    expect([observed.code, observed.stdout.split("\n")[0]]).toEqual([0, "valid    yes"])
  })

  it("says why a session is not valid, with exit code 1", async () => {
    const { code, stdout, stderr } = await run(["inspect", "anotherkeyofnosession"])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^valid {4}no: The store has no session with this key\..*\nuser {5}none\n$/)
    expect(stderr).toBe("latchkey: the session is not valid\n")
    const changed = login.text.replace(/.$/, (last) => (last === "A" ? "B" : "A"))
    expect((await run(["inspect"], changed)).stdout).toContain("No secret key of this application signed it")
    expect((await run(["inspect", login.key], "", { SECRET_KEY: "another" })).stdout).toContain("No secret key")
  })

  it("asks for something to inspect", async () => {
    const { code, stderr } = await run(["inspect"], "\n")
    expect(code).toBe(64)
    expect(stderr).toContain("write a session key")
  })

  it("needs the secret key", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "latchkey-nowhere-"))
    const { code, stderr } = await latchkey(["inspect", "x".repeat(32)], {
      cwd: elsewhere,
      env: { DATABASE_URL: "postgres://127.0.0.1:9/a" }
    })
    rmSync(elsewhere, { recursive: true })
    expect(code).toBe(78)
    expect(stderr).toContain("SECRET_KEY is missing")
  })
})

describe.skipIf(!longSuite().available)("explain", () => {
  it("says each decision in a sentence", async () => {
    const { code, stdout, stderr } = await run(["explain"], `sessionid=${login.key}`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout.split("\n").slice(0, -1)).toEqual([
      "1. The cookie sessionid has the form of a session key.",
      expect.stringMatching(/^2\. The store has the session; it expires at \d{4}-.*Z\.$/),
      expect.stringMatching(/^3\. Its signature is correct\. It holds "_auth_user_id", .*"cart", "note"\.$/),
      "4. It names the user 7 of the backend a.Backend.",
      "5. The user exists and may log in.",
      "6. The session auth hash belongs to the user's present password.",
      "7. So the request acts as this user."
    ])
  })

  it("says why a visitor is anonymous, and names the rule for machines", async () => {
    const { code, stdout } = await run(["explain", "csrftoken=x", "--json"])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      user: null,
      steps: [
        { rule: "NoCookie", text: expect.stringContaining("no cookie named sessionid: the cookies are csrftoken") },
        { rule: "Anonymous", text: "So the visitor is anonymous." }
      ]
    })
  })

  it("changes nothing", () => {
    expect(readFileSync(join(folder, "sessions", `sessionid${login.key}`), "utf8")).toBe(login.text)
  })
})
