/**
 * The command of the packed package: `npx latchkey` in an empty project, and applications that `latchkey init` has
 * made. They compile, run, and log in a user that `latchkey createuser` has created.
 */
import { execFile, execFileSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Child } from "../rig/child.ts"
import { formVisitor } from "../rig/form-visitor.ts"
import { freePort } from "../rig/free-port.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../rig/redis-server.ts"
import { registryService, service } from "../rig/services.ts"
import { type Application, install, locked, type Versions } from "./installed.ts"
import { next16 } from "./next-application.ts"
import { type Packed, pack } from "./packed.ts"

const minutes = 60_000
const password = "correct horse battery"

/** An application that `init` makes, or adds latchkey to. */
interface Variant {
  readonly name: string
  readonly framework: "koa" | "express"
  readonly sessions: "postgres" | "redis"
  readonly packages: ReadonlyArray<string>
  /** The server that exists before. */
  readonly server?: string
}

const expressServer = `import express from "express";

const port = Number(process.env.PORT);
const app = express();
app.use(express.urlencoded({ extended: false }));
app.get("/", async (req, res) => {
  const user = await req.auth.requireUser();
  res.type("text").send("Hello " + user.username + ".");
});
app.listen(port, () => console.log("listening on " + port));
`

const needs = [registryService(), service("postgres"), service("redis")]

describe.skipIf(!needs.every(({ available }) => available))("npx latchkey", () => {
  let packed: Packed
  let server: PostgresServer
  beforeAll(async () => {
    packed = pack()
    server = await startPostgres()
  })
  afterAll(async () => {
    await server?.stop()
  })

  /** Installs an application without files of its own, runs `init` and the steps that it names. */
  const made = async (
    framework: "koa" | "express" | "next",
    packages: Versions,
    { sessions = "postgres", server: existing }: Partial<Variant> = {}
  ) => {
    const app = await install(`init-${framework}`, packed.tarball, packages)
    if (existing !== undefined) writeFileSync(join(app.folder, "server.ts"), existing)
    const latchkey = (...args: ReadonlyArray<string>) =>
      promisify(execFile)("npx", ["--no-install", "latchkey", ...args], { cwd: app.folder, env: plain })
    const url = await server.createDatabase()
    const { stdout } = await latchkey("init", "--yes", "--database", url, "--sessions", sessions)
    expect(stdout).not.toContain("npm install") // the packages are installed
    expect(stdout).not.toContain("add to server.ts")
    await latchkey("migrate")
    // Without a terminal, the password comes from standard input.
    execFileSync("npx", ["--no-install", "latchkey", "createuser", "alice"], {
      cwd: app.folder,
      env: plain,
      input: `${password}\n`,
      stdio: ["pipe", "pipe", "inherit"]
    })
    return app
  }

  /** An environment without what this machine and vitest set: everything comes from .env. */
  const plain = {
    ...process.env,
    NODE_ENV: undefined,
    SECRET_KEY: undefined,
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    PATH: `${join(process.execPath, "..")}:${process.env["PATH"]}`
  }

  /** Anonymous visitors get the login page, alice logs in and sees the page that was asked for, and logs out. */
  const logsIn = async (url: string): Promise<void> => {
    const visitor = formVisitor(url)
    const before = await visitor.get("/")
    expect([302, 303, 307]).toContain(before.status)
    expect(before.location).toMatch(/\/accounts\/login\/?\?next=\/$/)
    expect((await visitor.get("/accounts/login?next=/")).status).toBe(200)
    const wrong = await visitor.send("/accounts/login?next=/", { username: "alice", password: "wrong" })
    expect(wrong.text).toContain("Please enter a correct username and password")
    const done = await visitor.send("/accounts/login?next=/", { username: "alice", password })
    expect([302, 303]).toContain(done.status)
    expect((await visitor.get("/")).text.replaceAll("<!-- -->", "")).toContain("Hello alice.")
    await visitor.send("/accounts/logout", {})
    expect((await visitor.get("/")).status).toBe(before.status)
  }

  describe("in a project without anything else", () => {
    let app: Application
    beforeAll(async () => {
      app = await install("init-koa", packed.tarball, {})
    })
    afterAll(() => app?.remove())

    it("runs, and brings no package but effect", async () => {
      const { version } = JSON.parse(readFileSync(join(app.folder, "node_modules/latchkey/package.json"), "utf8"))
      const run = (...args: ReadonlyArray<string>) =>
        promisify(execFile)("npx", ["--no-install", "latchkey", ...args], { cwd: app.folder, env: plain })
      expect((await run("--version")).stdout).toBe(`${version}\n`)
      expect((await run("secret")).stdout).toMatch(/^[\w-]{64}\n$/)
      await expect(run("migrate")).rejects.toMatchObject({ code: 78 })
      expect(app.has("@effect")).toBe(false)
      expect(app.has("effect")).toBe(true)
    })

    it("names the licences of what the command contains", () => {
      const text = readFileSync(join(app.folder, "node_modules/latchkey/dist/cli.licences.txt"), "utf8")
      expect(text).toMatch(/^effect \d+\.\d+\.\d+ \(MIT\)$/m)
      expect(text).toMatch(/^@effect\/platform-node .*\(MIT\)$/m)
      expect(text.match(/Permission is hereby granted/g)?.length).toBeGreaterThanOrEqual(2)
    })
  })

  const variants: ReadonlyArray<Variant> = [
    {
      name: "koa with sessions in Redis",
      framework: "koa",
      sessions: "redis",
      packages: ["koa", "@types/koa", "redis"]
    },
    { name: "express", framework: "express", sessions: "postgres", packages: ["express", "@types/express"] },
    {
      ...{ name: "a server of express that exists", framework: "express", sessions: "postgres" },
      packages: ["express", "@types/express"],
      server: expressServer
    }
  ]
  describe.each(variants)("init for $name", (variant) => {
    let app: Application
    let running: Child | undefined
    let redis: RedisServer | undefined
    beforeAll(async () => {
      const { framework, packages } = variant
      const installed = locked("package-lock.json", ["postgres", "typescript", "@types/node", ...packages])
      app = await made(framework, installed, variant)
      if (variant.sessions === "redis") redis = await startRedis()
    }, 20 * minutes)
    afterAll(async () => {
      await running?.kill()
      await redis?.stop()
      app?.remove()
    })

    it("makes an application that compiles", async () => {
      expect(await app.run("node_modules/typescript/bin/tsc")).toBe("")
    })

    it("makes an application that logs users in", async () => {
      const port = await freePort()
      const settings = { PORT: String(port), SECRET_KEY: undefined, DATABASE_URL: undefined, REDIS_URL: redis?.url }
      running = app.under(settings).start("--env-file=.env", "server.ts")
      await running.printed(/listening on/)
      await logsIn(`http://localhost:${port}`)
      // alice has logged out, so her session is no longer there.
      if (redis !== undefined) expect(String(await redis.ask("INFO", "commandstats"))).toMatch(/cmdstat_(set|eval)/)
    })
  })

  describe("init for next", () => {
    let app: Application
    let running: Child | undefined
    beforeAll(async () => {
      const own = locked("package-lock.json", ["postgres", "@types/node"])
      app = await made("next", { ...own, ...next16.packages })
    }, 20 * minutes)
    afterAll(async () => {
      await running?.kill()
      app?.remove()
    }, 20 * minutes)

    it("makes an application that builds and logs users in", { timeout: 20 * minutes }, async () => {
      const next = "node_modules/next/dist/bin/next"
      const settings = { SECRET_KEY: undefined, DATABASE_URL: undefined }
      await app.under(settings).run(next, "build") // and checks the types
      const port = await freePort()
      running = app.under(settings).start(next, "start", "-H", "localhost", "-p", String(port))
      await running.printed(/Ready in/, 5 * minutes)
      await logsIn(`http://localhost:${port}`)
      expect(existsSync(join(app.folder, ".env"))).toBe(true)
    })
  })
})
