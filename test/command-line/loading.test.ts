/** How the command finds and loads an application's `auth`: what bundlers accept in a module, and clear messages. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { latchkey } from "../rig/command.ts"

const root = join(import.meta.dirname, "../..")

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "latchkey-loading-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}

/** Makes packages of this repository available to the application. */
const install = (...names: ReadonlyArray<string>): void => {
  mkdirSync(join(folder, "node_modules"), { recursive: true })
  for (const name of names)
    symlinkSync(name === "latchkey" ? root : join(root, "node_modules", name), join(folder, "node_modules", name))
}

/** A module whose `auth` prints what a command calls it with. */
const auth = (body = ""): string => `${body}
const method = (name: string) => async (...args: unknown[]) => {
  console.log("called " + name)
  return name === "createUser" ? { id: 1 } : []
}
export const auth = { createUser: method("createUser"), setPassword: method("setPassword"), open() {}, reader() {},
  clearSessions: method("clearSessions"), validatePassword: method("validatePassword"), async findUser() {} }
`

/** Any command that loads `auth`. It fails because the given user name is empty of meaning only if auth is called. */
const run = (args: ReadonlyArray<string> = [], env: Readonly<Record<string, string>> = {}) =>
  latchkey(["createuser", "alice", ...args], { cwd: folder, env, stdin: "a-long-passphrase\n" })

const works = {
  code: 0,
  stdout: expect.stringContaining("alice"),
  stderr: expect.stringContaining("called createUser")
}

describe("the module that exports auth", () => {
  it.each([
    "auth.ts",
    "auth.mts",
    "lib/auth.ts",
    "src/auth.ts",
    "src/lib/auth.ts",
    "app/auth.ts",
    "server/auth.ts"
  ])("is found in %s", async (file) => {
    write({ [file]: auth() })
    expect(await run()).toEqual(works)
  })

  it("is named by --config", async () => {
    write({ "server/session/login.ts": auth() })
    expect(await run(["--config", "server/session/login.ts"])).toEqual(works)
  })

  it("may export a function that returns auth, or a promise of it", async () => {
    write({
      "auth.ts": auth()
        .replace("export const auth = {", "export const auth = async () => ({")
        .replace(/\}\s*$/, "})")
    })
    expect(await run()).toEqual(works)
  })

  it("may be CommonJS", async () => {
    write({
      "auth.js": auth()
        .replaceAll(/: (string|unknown\[\])/g, "")
        .replace("export const auth =", "exports.auth =")
    })
    expect(await run()).toEqual(works)
  })

  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ["imports without an ending", { "auth.ts": auth(`import "./lib/db"`), "lib/db.ts": "" }],
    ["imports of a folder", { "auth.ts": auth(`import "./lib"`), "lib/index.ts": "" }],
    ["imports of .js that are .ts", { "auth.ts": auth(`import "./db.js"`), "db.ts": "" }],
    [
      "path aliases, in a tsconfig.json with comments and trailing commas",
      {
        "auth.ts": auth(`import { one } from "@/db"; if (one !== 1) throw new Error("another module")`),
        "src/db.ts": "export const one: number = 1",
        "tsconfig.json": `{ // the aliases\n"compilerOptions": { "paths": { "@/*": ["./src/*"], /* two */ "#x": ["./x.ts",], }, }, }`
      }
    ],
    [
      "path aliases that another tsconfig.json has",
      {
        "auth.ts": auth(`import "~/db"`),
        "lib/db.ts": "",
        "tsconfig.json": `{ "extends": "./tsconfig.base.json" }`,
        "tsconfig.base.json": `{ "compilerOptions": { "baseUrl": ".", "paths": { "~/*": ["lib/*"] } } }`
      }
    ],
    [
      "imports relative to baseUrl",
      {
        "auth.ts": auth(`import "lib/db"`),
        "lib/db.ts": "",
        "tsconfig.json": `{ "compilerOptions": { "baseUrl": "." } }`
      }
    ],
    ["server-only and client-only", { "auth.ts": auth(`import "server-only"\nimport "client-only"`) }],
    ["enums", { "auth.ts": auth("enum Role { Staff }\nif (Role.Staff !== 0) throw new Error()") }],
    ["parameter properties", { "auth.ts": auth("class A { constructor(readonly b: number) {} }\nnew A(1).b") }],
    ["top-level await", { "auth.ts": auth("await Promise.resolve()") }],
    [
      "style sheets and JSON",
      { "auth.ts": auth(`import "./a.css"\nimport data from "./b.json"\ndata.c`), "a.css": "a{}", "b.json": `{"c":1}` }
    ],
    [
      "ES modules in a package of CommonJS",
      { "auth.ts": auth(`import "./db"`), "db.ts": "export {}", "package.json": `{"type":"commonjs"}` }
    ],
    ["an open timer or pool", { "auth.ts": auth("setInterval(() => {}, 1e6)") }],
    [
      ".env.local before .env",
      {
        "auth.ts": auth(
          `if (process.env.A !== "local" || process.env.B !== "env") throw new Error("A " + process.env.A)`
        ),
        ".env": "A=env\nB=env",
        ".env.local": "A=local"
      }
    ]
  ])("may use %s", async (_what, files) => {
    write(files)
    expect(await run()).toEqual(works)
  })

  // The packages of Next.js as far as the loader sees them. test/package/command-line.test.ts has the real ones.
  const next = {
    "node_modules/next/package.json": `{ "name": "next", "version": "16.0.0" }`,
    "node_modules/next/headers.js": "exports.cookies = () => 1",
    "node_modules/next/node_modules/@next/env/index.js":
      "exports.loadEnvConfig = (folder, isDevelopment) => { process.env.A = folder + isDevelopment }"
  }

  it("may use next/headers", async () => {
    write({
      ...next,
      "auth.ts": auth(`import { cookies } from "next/headers"\nif (cookies() !== 1) throw new Error()`)
    })
    expect(await run()).toEqual(works)
  })

  it("uses the application's own copy of latchkey", async () => {
    install("latchkey")
    write({
      "auth.ts": `import { createAuth, modelBackend } from "latchkey"
        import { memory } from "latchkey/memory"
        const store = memory()
        export const auth = createAuth({ secretKey: "a".repeat(50), sessions: store.sessions, backends: { m: modelBackend(store.users) } })`
    })
    expect(await run()).toEqual({ code: 0, stdout: "created the user alice (id 1)\n", stderr: "" })
  })

  it("has the variables of .env files that Next.js would set, where there is Next.js", async () => {
    write({ ...next, ".env": "A=env", "auth.ts": auth("console.log(process.env.A)") })
    const { code, stderr } = await run()
    expect(code).toBe(0)
    expect(stderr).toContain(`${folder}true`)
  })

  it("does not override the environment", async () => {
    write({ "auth.ts": auth(`if (process.env.A !== "shell") throw new Error("A " + process.env.A)`), ".env": "A=env" })
    expect(await run([], { A: "shell" })).toEqual(works)
  })
})

describe("an application that cannot be loaded", () => {
  const fails = (message: RegExp | string) => ({
    code: 78,
    stdout: "",
    stderr: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message)
  })

  it("is missing: the message names the places, --config and DATABASE_URL", async () => {
    expect(await run()).toEqual(fails(/no auth\.ts.*DATABASE_URL.*--config/s))
  })

  it("is missing where --config says", async () => {
    expect(await run(["--config", "nowhere.ts"])).toEqual(fails("there is no file nowhere.ts"))
  })

  it("exports no auth: the message names the exports", async () => {
    write({ "auth.ts": "export const authentication = 1" })
    expect(await run()).toEqual(fails(/auth\.ts exports no auth \(it exports authentication\).*--config/))
  })

  it("exports something else as auth", async () => {
    write({ "auth.ts": "export const auth = 1" })
    expect(await run()).toEqual(fails("not made by createAuth"))
  })

  it("imports a file that does not exist: the message names both", async () => {
    write({ "auth.ts": `import "./lib/database"`, "lib/database.ts": `import "./nothing"` })
    expect(await run()).toEqual(fails(`lib/database.ts imports "./nothing": there is no such file`))
  })

  it("imports a package that is not installed: the message says how to install it", async () => {
    write({ "auth.ts": `import "@acme/thing/sub"` })
    expect(await run()).toEqual(
      fails(`auth.ts imports "@acme/thing/sub": the package is not installed: npm install @acme/thing`)
    )
  })

  it("has a wrong setting: the message is createAuth's", async () => {
    install("latchkey")
    write({
      "auth.ts": `import { createAuth } from "latchkey"\nimport { memory } from "latchkey/memory"
        export const auth = createAuth({ secretKey: "", sessions: memory().sessions, backends: {} })`
    })
    expect(await run()).toEqual(fails(/secretKey is missing: [\s\S]*\n {2}backends is empty/))
  })

  it("throws: the message has the place in the application", async () => {
    write({ "auth.ts": `import "./b"`, "b.ts": `\nthrow new Error("no REDIS_URL")` })
    expect(await run()).toEqual(fails(/auth\.ts cannot be loaded: Error: no REDIS_URL\n.*b\.ts:2/))
  })

  it("has a syntax error", async () => {
    write({ "auth.ts": "export const auth = {{" })
    expect(await run()).toEqual(fails(/auth\.ts/))
  })

  it("has JSX: the message says to move it", async () => {
    write({ "auth.ts": `import "./page"`, "page.tsx": "export const page = () => <p>Hello</p>" })
    expect(await run()).toEqual(fails(/page\.tsx.*without JSX/s))
  })

  it("is named twice", async () => {
    write({ "auth.ts": auth() })
    expect(await run(["--config", "auth.ts", "--database-url", "postgres://127.0.0.1/a"])).toEqual({
      code: 78,
      stdout: "",
      stderr: expect.stringContaining("write one of them")
    })
  })

  it("has a database that cannot be reached: exit code 69, no password in the message", async () => {
    install("latchkey")
    const url = "postgres://alice:hunter2@127.0.0.1:9/db"
    const { code, stderr, stdout } = await run([], { DATABASE_URL: url })
    expect({ code, stdout }).toEqual({ code: 69, stdout: "" })
    expect(stderr).toContain("out of reach")
    expect(stderr).not.toContain("hunter2")
  })
})
