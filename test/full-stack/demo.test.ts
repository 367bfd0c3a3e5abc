/** `npm run demo`, started as a new user starts it: what its pages show, and how it stops. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Child, start } from "../rig/child.ts"
import { type FormVisitor, formVisitor } from "../rig/form-visitor.ts"

const root = join(import.meta.dirname, "../..")

describe("npm run demo", () => {
  // In a folder of its own, so that it has its own database. The library is already built.
  const folder = mkdtempSync(join(tmpdir(), "latchkey-demo-"))
  let npm: Child
  let url: string

  beforeAll(async () => {
    const { scripts, type } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "demo", type, scripts }))
    for (const each of ["dist", "examples", "node_modules"]) symlinkSync(join(root, each), join(folder, each))
    const unset = { DATABASE_URL: undefined, LATCHKEY_SEED_USER: undefined, NODE_ENV: undefined, SECRET_KEY: undefined }
    // Without this option npm first runs `predemo`, which builds.
    npm = start("npm", ["run", "demo", "--ignore-scripts"], { cwd: folder, env: { ...unset, PORT: "0" } })
    const [, printed = ""] = await npm.printed(/^listening on (http:\/\/127\.0\.0\.1:\d+)$/m)
    url = printed
  })
  afterAll(async () => {
    await npm?.kill()
    // A server that is still running after npm has ended has written its process id here.
    const lock = join(folder, ".latchkey", "postgres.pid")
    if (existsSync(lock)) process.kill(Number(readFileSync(lock, "utf8")), "SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  })

  const get = (path: string, accept: string) => fetch(url + path, { headers: { accept, connection: "close" } })

  it("shows its user and the password on the login page", async () => {
    const page = await (await get("/accounts/login/", "text/html")).text()
    expect(page).toContain("a user <strong>demo</strong> with the password <strong>demo</strong>")
    const login = { method: "POST", headers: { "content-type": "application/json", connection: "close" } }
    const body = JSON.stringify({ username: "demo", password: "demo" })
    expect((await fetch(`${url}/login`, { ...login, body })).status).toBe(200)
  })

  /** The path of a link in a mail that was printed. */
  const linkTo = async (page: "verify" | "reset"): Promise<string> => {
    const [link] = await npm.printed(new RegExp(`^http://\\S+/account/${page}/\\S+$`, "m"))
    return new URL(link ?? "").pathname
  }
  const headingOf = (text: string): string | undefined => /<h1>([^<]+)<\/h1>/.exec(text)?.[1]
  const whoIs = async (visitor: FormVisitor) => JSON.parse((await visitor.get("/me")).text)

  it("has account pages, whose mails it prints: sign-up, sessions, reset", async () => {
    const [owner, other] = [formVisitor(url), formVisitor(url)]
    expect((await owner.get("/")).text).toContain('<a href="/account/signup">Sign up</a>')
    await owner.get("/account/signup")
    const [first, second] = ["a long, first one", "a second, long one"]
    const form = { username: "carol", email: "carol@latchkey.example", password1: first, password2: first }
    expect((await owner.send("/account/signup", form)).location).toBe("/account/signup/done")
    const page = (await owner.get(await linkTo("verify"))).location ?? ""
    expect(page).toMatch(/^\/account\/verify\/\w+\/set-password$/)
    expect(headingOf((await owner.get(page)).text)).toBe("Confirm your email address")
    expect((await owner.send(page, { password: first })).location).toBe("/")
    expect(await whoIs(owner)).toEqual({ user: "carol" })

    const logIn = async (visitor: FormVisitor, password: string) => {
      await visitor.get("/account/login")
      await visitor.send("/account/login", { username: "carol", password })
      return whoIs(visitor)
    }
    expect(await logIn(other, first)).toEqual({ user: "carol" })
    expect((await owner.get("/account/sessions")).text.match(/<h2/g)).toHaveLength(2)
    await owner.send("/account/sessions", { session: "" })
    expect([await whoIs(owner), await whoIs(other)]).toEqual([{ user: "carol" }, { user: null }])

    await other.get("/account/password_reset")
    const asked = await other.send("/account/password_reset", { email: "carol@latchkey.example" })
    expect(asked.location).toBe("/account/password_reset/done")
    const reset = (await other.get(await linkTo("reset"))).location ?? ""
    expect(reset).toMatch(/^\/account\/reset\/\w+\/set-password$/)
    await other.get(reset)
    const passwords = { new_password1: second, new_password2: second }
    expect((await other.send(reset, passwords)).location).toBe("/account/reset/done")
    expect([await whoIs(owner), await logIn(other, first), await logIn(other, second)]).toEqual([
      { user: null },
      { user: null },
      { user: "carol" }
    ])
  })

  it("answers unknown paths with a page for browsers, and with a line of text for other clients", async () => {
    const page = await get("/nowhere?a=<b>", "text/html,application/xhtml+xml,*/*;q=0.8")
    expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"])
    expect(await page.text()).toContain("<h1>Page not found</h1>")
    const text = await get("/nowhere", "*/*")
    expect([text.status, await text.text()]).toEqual([404, "not found"])
  })

  it("ends, and so does its server, when npm alone gets SIGTERM", async () => {
    process.kill(npm.pid, "SIGTERM")
    await npm.ended
    for (;;) {
      const answer = await get("/anon", "*/*").catch(() => undefined)
      if (answer === undefined) return
      await sleep(100)
    }
  })
})
