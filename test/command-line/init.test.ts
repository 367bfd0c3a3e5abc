/** init: shows the changes, asks, overwrites nothing, and leaves nothing half done. test/package runs what it writes. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { diffOf, planInit } from "../../src/adapters/cli/init/init-plan.ts"
import { editServer } from "../../src/adapters/cli/init/server-edit.ts"
import { writeChanges } from "../../src/adapters/cli/init/write-changes.ts"
import { latchkey, latchkeyInTerminal } from "../rig/command.ts"
import { control } from "../rig/pseudo-terminal.ts"
import { service } from "../rig/services.ts"

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "latchkey-init-")), "My Shop")
  mkdirSync(folder)
})
afterEach(() => rmSync(dirname(folder), { recursive: true }))

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}
const read = (file: string): string => readFileSync(join(folder, file), "utf8")
const files = (): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort()
const run = (...args: ReadonlyArray<string>) => latchkey(["init", ...args], { cwd: folder })

const manifest = (...packages: ReadonlyArray<string>): string =>
  JSON.stringify({ dependencies: Object.fromEntries(packages.map((name) => [name, "*"])) }, null, 2)

describe("init", () => {
  it("writes an application on Koa, with a fresh secret that only the owner can read", async () => {
    write({ "package.json": manifest("koa", "latchkey") })
    const { code, stderr, stdout } = await run("--yes")
    expect(code).toBe(0)
    expect(files()).toEqual([".env", ".gitignore", "auth.ts", "package.json", "server.ts"])
    expect(read(".env")).toMatch(
      /^DATABASE_URL=postgres:\/\/localhost\/my_shop\nSECRET_KEY=[\w-]{64}\nALLOWED_HOSTS=localhost,127\.0\.0\.1\n$/
    )
    expect(statSync(join(folder, ".env")).mode & 0o777).toBe(0o600)
    expect(read(".gitignore")).toBe(".env\n")
    const [, secret = ""] = /SECRET_KEY=(.*)/.exec(read(".env")) ?? []
    expect(stderr + stdout).not.toContain(secret)
    expect(stderr).toContain("+ SECRET_KEY=(64 random characters)")
    expect(stderr).toContain("new file auth.ts\n+ import {")
    expect(stdout).toContain(
      '1. npm install postgres\n2. write "type": "module" in package.json\n3. npx latchkey migrate\n4. npx latchkey createsuperuser admin\n'
    )
  })

  it("finds the source folder of an application on Next.js", async () => {
    write({ "package.json": manifest("next", "react"), "src/app/layout.tsx": "" })
    expect((await run("--yes")).code).toBe(0)
    expect(files()).toContain("src/lib/auth.ts")
    expect(files()).toContain("src/app/accounts/[...path]/route.ts")
  })

  it("keeps files that exist, and variables that are set", async () => {
    const before = {
      "package.json": manifest("express"),
      "auth.ts": "my own",
      "index.js": "the server",
      ".env": "export SECRET_KEY=mine # no end of line",
      ".env.local": "DATABASE_URL=postgres://elsewhere/db\n",
      ".gitignore": "node_modules\n.env*\n"
    }
    write(before)
    const { code, stderr, stdout } = await run("--yes")
    expect(code).toBe(0)
    expect(files()).toEqual(Object.keys(before).sort())
    for (const [file, text] of Object.entries(before)) expect(read(file).startsWith(text)).toBe(true)
    expect(read(".env")).toBe(`${before[".env"]}\nALLOWED_HOSTS=localhost,127.0.0.1\n`)
    expect(stderr).toContain("auth.ts exists already: it is kept as it is")
    expect(stdout).toMatch(
      /add to index\.js:\n {5}import [\s\S]*app\.use\(connectAccounts[\s\S]*app\.use\(authErrors\)/
    )
  })

  it("adds lines to a server of a known form, shows them between its own lines, and not again", async () => {
    write({ "package.json": manifest("express"), "src/server.ts": expressServer })
    const { code, stderr, stdout } = await run("--yes")
    expect(code).toBe(0)
    expect(read("src/server.ts").split("\n")).toEqual([
      'import express from "express";',
      'import { consoleMail, type FieldsOf, mailQueue, type UserOf } from "latchkey";',
      'import { authErrors, connectAuth, type WithAuth } from "latchkey/node";',
      'import { connectAccounts } from "latchkey/node/accounts";',
      'import { auth } from "../auth.ts";',
      'import { pages } from "./pages.ts";',
      "",
      expect.stringContaining("declare global {"),
      "  namespace Express {",
      expect.stringContaining("interface Request extends WithAuth"),
      "  }",
      "}",
      "",
      "const app = express();",
      'app.disable("x-powered-by");',
      "app.use(express.urlencoded({ extended: false })); // forms",
      expect.stringMatching(/^app\.use\(connectAccounts\(auth, .*\)\); \/\//),
      "app.use(connectAuth(auth)); // req.auth",
      "app.use(pages);",
      expect.stringMatching(/^app\.use\(authErrors\); \/\//),
      "app.listen(3000);",
      ""
    ])
    expect(stderr).toContain('added to src/server.ts\n  import express from "express";\n+ import { consoleMail')
    expect(stderr).toContain("\n  app.listen(3000);")
    expect(stdout).not.toContain("add to")
    expect((await run("--yes")).stdout).toContain("there is nothing to write")
  })

  it("may be repeated", async () => {
    write({ "package.json": manifest("koa") })
    await run("--yes")
    const written = files().map((file) => [file, read(file)])
    const again = await run("--yes")
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("there is nothing to write") })
    expect(files().map((file) => [file, read(file)])).toEqual(written)
  })

  it("writes nothing with --dry-run, without consent, and outside an application", async () => {
    expect(await run("--yes")).toMatchObject({ code: 1, stderr: expect.stringContaining("no package.json") })
    write({ "package.json": manifest("koa") })
    const dry = await run("--dry-run")
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining("new file server.ts\n+ import Koa") })
    const mute = await run("--sessions", "postgres")
    expect(mute).toMatchObject({ code: 64, stderr: expect.stringContaining("write --yes") })
    expect(files()).toEqual(["package.json"])
  })

  it("asks for a framework that package.json does not name", async () => {
    write({ "package.json": "{}" })
    expect(await run("--yes")).toMatchObject({ code: 64, stderr: expect.stringContaining("write --framework") })
    expect(await run("--yes", "--framework", "rails")).toMatchObject({ code: 64 })
  })

  it("tells machines what it wrote, on one line", async () => {
    write({ "package.json": manifest("koa") })
    const { stdout } = await run("--yes", "--json", "--sessions", "redis")
    expect(JSON.parse(stdout).files).toContainEqual({ path: "auth.ts", isNew: true })
    expect(read("auth.ts")).toContain("redisSessions({ url: process.env.REDIS_URL, userSessions: true })")
    expect(read(".env")).toContain("REDIS_URL=redis://127.0.0.1:6379/0\n")
  })
})

const expressServer = `import express from "express";
import { pages } from "./pages.ts";

const app = express();
app.disable("x-powered-by");
app.use(express.urlencoded({ extended: false })); // forms
app.use(pages);
app.listen(3000);
`
const koaServer = `import Koa from "koa"
const app = new Koa()
app.use(bodyParser())
app.use((ctx) => { ctx.body = "" })
app.listen(3000)
`

describe("a server that exists", () => {
  it("of Koa keeps its body parser first, and its style", () => {
    const lines = editServer("koa", "server.js", koaServer)?.split("\n") ?? []
    const at = (start: string): number => lines.findIndex((line) => line.startsWith(start))
    expect(at("app.use(koaAccounts")).toBe(at("app.use(bodyParser") + 1)
    expect(at("app.use(koaAuth(auth)) // ctx.auth")).toBe(at("app.use((ctx)") - 1)
    expect(lines.join("\n")).not.toContain("declare global")
    expect(lines.join("\n")).not.toContain(";")
  })

  it.each([
    ["it is CommonJS", koaServer.replace('import Koa from "koa"', 'const Koa = require("koa")')],
    ["it has Windows' ends of lines", koaServer.replaceAll("\n", "\r\n")],
    ["it makes two applications", koaServer.replace("app.use(body", "const app = new Koa()\napp.use(body")],
    ["the application has another name", koaServer.replaceAll("app", "server")],
    ["the application is made in a function", koaServer.replace("const app", "  const app")],
    ["a body parser follows a page", koaServer.replace("app.listen", "app.use(koaBody())\napp.listen")],
    ["a page follows listen", `${koaServer}app.use(page)`],
    ["it listens elsewhere", koaServer.replace("app.listen(3000)", "export default app")],
    ["it uses latchkey already", `import "latchkey"\n${koaServer}`]
  ])("is left to a person if %s", (_, text) => {
    expect(text).not.toBe(koaServer)
    expect(editServer("koa", "server.ts", text)).toBeUndefined()
  })
})

describe("the changes", () => {
  const answers = {
    framework: "koa",
    sessions: "postgres",
    databaseUrl: "postgres://h/d",
    secretKey: "s3cret"
  } as const
  const plan = (present: Readonly<Record<string, string>>) => planInit(answers, (path) => present[path])

  it("show neither the new secret key nor other secrets of .env", () => {
    const diff = diffOf(plan({ ".env": "PAYMENT_KEY=private\nA=1" }).changes)
    expect(diff).toContain("+ SECRET_KEY=(64 random characters)")
    expect(diff).not.toMatch(/s3cret|private/)
  })

  it("are all undone when one of them fails", () => {
    write({ "package.json": "{}", ".env": "A=1\n" })
    const { changes } = plan({ ".env": "A=1\n" })
    const failing = [...changes, { path: "auth.ts/impossible", before: undefined, after: "", isSecret: false }]
    expect(() => writeChanges(folder, failing)).toThrow("nothing was changed")
    expect(files()).toEqual([".env", "package.json"])
    expect(read(".env")).toBe("A=1\n")
  })

  it("are refused when a file has changed since they were shown", () => {
    const { changes } = plan({})
    write({ ".gitignore": "new" })
    expect(() => writeChanges(folder, changes)).toThrow(".gitignore has changed meanwhile")
    expect(files()).toEqual([".gitignore"])
  })
})

describe.skipIf(!service("python").available)("init at a terminal", () => {
  const start = (...args: ReadonlyArray<string>) => latchkeyInTerminal(["init", ...args], { cwd: folder })

  it("asks, shows the diff, and writes after a yes", async () => {
    write({ "package.json": "{}" })
    const terminal = start()
    await terminal.until(/Framework\?/)
    terminal.type(control.down + control.enter)
    await terminal.until(/Where are sessions stored\?/)
    terminal.type(control.enter)
    await terminal.until(/new file server\.ts/)
    await terminal.until(/Write these files\?/)
    terminal.type("y")
    const { code, stdout } = await terminal.ended
    expect(code).toBe(0)
    expect(stdout).toContain("wrote auth.ts, server.ts, .env, .gitignore")
    expect(read("server.ts")).toContain("koa")
  })

  it.each([
    ["a no", "n", 1],
    ["Ctrl-C", control.c, 130]
  ])("writes nothing after %s", async (_what, key, code) => {
    write({ "package.json": manifest("next") })
    const terminal = start("--sessions", "postgres")
    await terminal.until(/Write these files\?/)
    terminal.type(key)
    expect((await terminal.ended).code).toBe(code)
    expect(files()).toEqual(["package.json"])
    expect(existsSync(join(folder, ".env"))).toBe(false)
  })
})
