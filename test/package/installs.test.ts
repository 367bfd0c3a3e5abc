/**
 * What a user gets: the package as npm installs it into an application that has nothing else of this repository. It
 * compiles there, its types can be named there, and it runs.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { browser } from "../rig/browser.ts"
import type { Child } from "../rig/child.ts"
import { freePort } from "../rig/free-port.ts"
import { registryService } from "../rig/services.ts"
import { type Application, install, locked } from "./installed.ts"
import { type Packed, pack, root } from "./packed.ts"

const minutes = 60_000
const isAvailable = registryService().available

const alice = { username: "alice", password: "correct horse" }

let packed: Packed
beforeAll(() => {
  if (isAvailable) packed = pack()
}, minutes)
afterAll(() => packed?.remove())

describe.skipIf(!isAvailable)("an application on Koa", () => {
  let app: Application
  beforeAll(async () => {
    const packages = ["koa", "postgres", "typescript", "@types/koa", "@types/node"]
    app = await install("koa", packed.tarball, locked("package-lock.json", packages))
    cpSync(join(root, "test", "types", "consumer"), join(app.folder, "consumer"), { recursive: true })
    const { exports } = JSON.parse(readFileSync(join(app.folder, "node_modules", "latchkey", "package.json"), "utf8"))
    const doors = Object.keys(exports).filter((door) => door !== "./package.json")
    writeFileSync(join(app.folder, "doors.ts"), doors.map((door) => `import "latchkey${door.slice(1)}"\n`).join(""))
  }, 5 * minutes)
  afterAll(() => app?.remove())

  const tsc = (...options: ReadonlyArray<string>) => app.run("node_modules/typescript/bin/tsc", ...options)

  it("gets effect along, and no framework or driver that it did not ask for", () => {
    expect(app.has("effect")).toBe(true)
    expect(["@node-rs", "bcrypt", "next", "react", "redis"].filter(app.has)).toEqual([])
  })

  it("compiles, and all that it exports can be named", { timeout: 3 * minutes }, async () => {
    expect(await tsc()).toBe("")
    const types = join(app.folder, "types")
    const files = readdirSync(types, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"))
    expect(files.length).toBeGreaterThan(6)
    for (const file of files) {
      const declared = readFileSync(join(types, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")
      expect(declared, file).not.toMatch(/\bany\b|node_modules/)
    }
  })

  it("compiles with the declarations of every door checked, too", { timeout: 3 * minutes }, async () => {
    // Effect's declarations name types of the DOM.
    const strictly = ["--emitDeclarationOnly", "false", "--skipLibCheck", "false", "--lib", "es2024,dom"]
    expect(await tsc("--noEmit", "--declaration", "false", ...strictly)).toBe("")
  })

  it("logs somebody in and keeps them", { timeout: minutes }, async () => {
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

const react = locked("examples/next/package-lock.json", ["react", "react-dom", "@types/react"])

const nexts = [
  {
    major: 16,
    packages: {
      ...locked("examples/next/package-lock.json", ["next"]),
      ...locked("package-lock.json", ["typescript"])
    },
    hostname: "127.0.0.1",
    proxy: "proxy"
  },
  {
    major: 15,
    packages: { next: "15.5.29", typescript: "6.0.3" }, // it knows no newer TypeScript
    hostname: "localhost", // see loginProxy
    proxy: "middleware"
  }
]

describe.skipIf(!isAvailable).each(nexts)("an application on Next.js $major", ({ hostname, packages, proxy }) => {
  const next = "node_modules/next/dist/bin/next"
  let app: Application
  let server: Child
  let url: string
  beforeAll(async () => {
    app = await install("next", packed.tarball, {
      ...react,
      ...locked("package-lock.json", ["@types/node"]),
      ...packages
    })
    const file = join(app.folder, "proxy.ts")
    const source = readFileSync(file, "utf8").replace("export const proxy =", `export const ${proxy} =`)
    rmSync(file)
    writeFileSync(join(app.folder, `${proxy}.ts`), source)
    await app.run(next, "build") // and checks the types
    const port = await freePort()
    url = `http://${hostname}:${port}`
    server = app.start(next, "start", "-H", hostname, "-p", String(port))
    await server.printed(/Ready in/, minutes)
  }, 10 * minutes)
  afterAll(async () => {
    await server?.kill()
    app?.remove()
  })

  it("shows nobody's page to nobody", async () => {
    const page = await browser().get({ url }, "/")
    expect([page.status, page.cookies]).toEqual([200, []])
    expect(page.text).toContain('<p id="who">nobody</p>')
  })

  it("logs somebody in and shows their page, with what the session holds", async () => {
    const { get, jar, post } = browser()
    expect((await post({ url }, "/login", { ...alice, password: "wrong" })).status).toBe(401)
    expect((await post({ url }, "/login", alice)).text).toBe('{"user":"alice"}')
    expect([...jar.keys()]).toContain("sessionid")
    expect((await get({ url }, "/")).text).toContain('<p id="who">alice, 7 visits</p>')
    expect((await get({ url }, "/account")).text).toContain('<p id="account">alice</p>')
  })

  it("loads the session once while a page is rendered, whoever on it asks", async () => {
    const { get, post } = browser()
    await post({ url }, "/login", alice)
    const loads = async () => Number((await get({ url }, "/loads")).text)
    for (const _request of ["first", "second"]) {
      const before = await loads()
      const { text } = await get({ url }, "/crowd")
      expect(text.match(/>(For )?alice</g)).toHaveLength(6)
      expect(await loads()).toBe(before + 1)
    }
  })

  it("sends strangers to the login page: those without a cookie early, those with a wrong one from the page", async () => {
    const stranger = browser()
    const early = await stranger.get({ url }, "/account?tab=2")
    expect([early.status, early.headers.get("location")]).toEqual([302, "/login?next=/account%3Ftab%3D2"])
    stranger.jar.set("sessionid", "a".repeat(32))
    const late = await stranger.get({ url }, "/account")
    expect([late.status, late.headers.get("location")]).toEqual([307, "/login?next=/account"])
  })
})
