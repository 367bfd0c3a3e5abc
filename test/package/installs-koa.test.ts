/**
 * What a user gets: npm installs the package into an application outside this repository. The application compiles, can
 * name the package's types, and runs.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { browser } from "../rig/browser.ts"
import { registryService } from "../rig/services.ts"
import { type Application, install, locked } from "./installed.ts"
import { type Packed, pack, root } from "./packed.ts"

const minutes = 60_000
const alice = { username: "alice", password: "correct horse" }

describe.skipIf(!registryService().available)("an application on Koa", () => {
  let packed: Packed
  let app: Application
  beforeAll(async () => {
    packed = pack()
    const packages = ["fast-check", "hono", "koa", "postgres", "typescript", "@types/koa", "@types/node"]
    app = await install("koa", packed.tarball, {
      ...locked("package-lock.json", packages),
      ...locked("examples/next/package-lock.json", ["@types/react"])
    })
    cpSync(join(root, "test", "types", "consumer"), join(app.folder, "consumer"), { recursive: true })
    const { exports } = JSON.parse(readFileSync(join(app.folder, "node_modules", "latchkey", "package.json"), "utf8"))
    const doors = Object.keys(exports).filter((door) => door !== "./package.json")
    writeFileSync(join(app.folder, "doors.ts"), doors.map((door) => `import "latchkey${door.slice(1)}"\n`).join(""))
  }, 20 * minutes)
  afterAll(() => {
    app?.remove()
  })

  const tsc = (...options: ReadonlyArray<string>) => app.run("node_modules/typescript/bin/tsc", ...options)

  it("installs effect, and no framework or driver", () => {
    expect(app.has("effect")).toBe(true)
    expect(["@node-rs", "bcrypt", "next", "react", "redis"].filter(app.has)).toEqual([])
  })

  it("compiles, and all types of its exports can be named", async () => {
    expect(await tsc()).toBe("")
    const types = join(app.folder, "types")
    const files = readdirSync(types, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"))
    expect(files.length).toBeGreaterThan(6)
    for (const file of files) {
      const declared = readFileSync(join(types, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")
      expect(declared, file).not.toMatch(/\bany\b|node_modules/)
    }
  })

  it("also compiles with the declarations of every entry checked", async () => {
    // Effect's declarations name types of the DOM.
    const strictly = ["--emitDeclarationOnly", "false", "--skipLibCheck", "false", "--lib", "es2024,dom"]
    expect(await tsc("--noEmit", "--declaration", "false", ...strictly)).toBe("")
  })

  it("logs a user in, and the user stays logged in", async () => {
    const server = app.start("server.ts")
    try {
      const [, url = ""] = await server.printed(/listening on (\S+)/)
      const { get, jar, post } = browser()
      const before = await get({ url }, "/")
      expect([before.text, before.cookies]).toEqual(['{"user":null,"visits":null}', []])
      expect((await post({ url }, "/login", { ...alice, password: "wrong" })).status).toBe(401)
      expect((await post({ url }, "/login", alice)).text).toBe('{"user":"alice","visits":0}')
      expect([...jar.keys()]).toContain("sessionid")
      expect((await get({ url }, "/")).text).toBe('{"user":"alice","visits":1}')
      expect((await get({ url }, "/")).text).toBe('{"user":"alice","visits":2}')
      expect((await browser().get({ url }, "/")).text).toBe(before.text)
    } finally {
      await server.kill()
    }
  })
})
