/** `npm run demo`, started as a new user starts it: what its pages show, and how it stops. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Child, start } from "../rig/child.ts"

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
  }, 120_000)
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

  it("has account pages, whose mails it prints", async () => {
    const home = await (await get("/", "text/html")).text()
    expect(home).toContain('<a href="/account/signup">Sign up</a>')
    const page = await get("/account/password_reset", "text/html")
    const [, token = ""] = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(await page.text()) ?? []
    const [cookie = ""] = page.headers.getSetCookie()[0]?.split(";", 1) ?? []
    const sent = await fetch(`${url}/account/password_reset`, {
      method: "POST",
      headers: { cookie, connection: "close" },
      body: new URLSearchParams({ csrfmiddlewaretoken: token, email: "demo@latchkey.example" })
    })
    expect(await sent.text()).toContain("<h1>Password reset sent</h1>")
    const [link = ""] = await npm.printed(/^http:\/\/\S+\/account\/reset\/\S+$/m)
    const opened = await fetch(link, { redirect: "manual", headers: { connection: "close" } })
    expect(opened.headers.get("location")).toMatch(/^\/account\/reset\/\w+\/set-password$/)
  })

  it("answers unknown paths with a page for browsers, and with a line of text for other clients", async () => {
    const page = await get("/nowhere?a=<b>", "text/html,application/xhtml+xml,*/*;q=0.8")
    expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"])
    expect(await page.text()).toContain("<h1>Page not found</h1>")
    const text = await get("/nowhere", "*/*")
    expect([text.status, await text.text()]).toEqual([404, "not found"])
  })

  it("ends, and so does its server, when npm alone gets SIGTERM", { timeout: 30_000 }, async () => {
    process.kill(npm.pid, "SIGTERM")
    await npm.ended
    for (;;) {
      const answer = await get("/anon", "*/*").catch(() => undefined)
      if (answer === undefined) return
      await sleep(100)
    }
  })
})
