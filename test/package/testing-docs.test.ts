/** The tests on docs/testing.md, run in an application that has the published package. */
import { execFile, execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { build } from "rolldown"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { longSuite } from "../rig/services.ts"
import { type Packed, pack, root } from "./packed.ts"

const minute = 60_000
const examples = join(root, "docs", "testing")
const testsIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(folder, file))
const files = testsIn(examples)
/** Those that need other packages run in tests of their own. */
const all = [...files, ...testsIn(join(root, "docs", "apps"))]

let packed: Packed
let folder: string

/** Runs a program in the application. @returns its output; rejects with the output if it fails */
const run = async (file: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
    timeout: 2 * minute
  }).catch(({ stderr, stdout }) => {
    throw new Error(`${stdout}\n${stderr}`)
  })
  return stdout
}

beforeAll(() => {
  packed = pack()
  folder = mkdtempSync(join(tmpdir(), "latchkey-testing-"))
  const modules = join(folder, "node_modules")
  mkdirSync(join(modules, "latchkey"), { recursive: true })
  execFileSync("tar", ["-xzf", packed.tarball, "--strip-components=1", "-C", join(modules, "latchkey")])
  for (const name of ["effect", "express", "fast-check", "hono", "koa", "vitest"])
    symlinkSync(join(root, "node_modules", name), join(modules, name))
  cpSync(examples, folder, { recursive: true })
  cpSync(join(root, "docs", "programs"), join(folder, "programs"), { recursive: true })
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }')
}, minute)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The lines of each test: those that hold more than brackets. */
const bodies = (text: string): ReadonlyArray<readonly [title: string, lines: number]> =>
  Array.from(text.matchAll(/^(?:test|\]).*?\("(.+?)", .*\{\n([\s\S]*?)^\}\)$/gm), ([, title = "", body = ""]) => [
    title,
    body.split("\n").filter((line) => /\w/.test(line)).length
  ])

describe.skipIf(!longSuite().available)("the tests on docs/testing.md", () => {
  it("pass in an application with the published package", { timeout: 2 * minute }, async () => {
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
    expect(await run(vitest, ["run", "--testTimeout", "60000", "--exclude", "programs"])).toContain(
      `Test Files  ${files.length} passed (${files.length})`
    )
  })

  it("pass for the store of docs/your-own-store.md, too", { timeout: 2 * minute }, async () => {
    expect(await run("--test", ["programs/own-store.test.ts"])).toMatch(/^. fail 0$/m)
  })

  it.each(all.flatMap((file) => bodies(readFileSync(file, "utf8"))))("need at most six lines: %s", (_, lines) => {
    expect(lines).toBeLessThanOrEqual(6)
  })

  it("are all found", () => {
    const titles = all.map((file) => bodies(readFileSync(file, "utf8")).length)
    expect(Math.min(...titles)).toBeGreaterThan(0)
  })
})

describe.skipIf(!longSuite().available)("the entries for tests", () => {
  const load = (entry: string, env: NodeJS.ProcessEnv) =>
    run("--input-type=module", ["--eval", `await import("${entry}"); console.log("loaded")`], env)

  it.each([
    "latchkey/testing",
    "latchkey/testing/fast-check"
  ])("%s refuses production, unless told otherwise", async (entry) => {
    await expect(load(entry, { NODE_ENV: "production" })).rejects.toThrow(
      "latchkey/testing is for tests, and NODE_ENV is production. Remove the import"
    )
    const allowed = { NODE_ENV: "production", LATCHKEY_TESTING_IN_PRODUCTION: "allowed" }
    expect(await load(entry, allowed)).toBe("loaded\n")
    expect(await load(entry, {})).toBe("loaded\n")
  })

  it.each([
    ["latchkey/testing", "forceLogin"],
    ["latchkey/testing/fast-check", "faults"]
  ])("%s refuses production from a bundle, too", { timeout: minute }, async (entry, name) => {
    const input = join(folder, `${name}.mjs`)
    writeFileSync(input, `import { ${name} } from "${entry}"; console.log("loaded", ${name})`)
    const file = join(folder, `${name}-bundle.mjs`)
    await build({ input, platform: "node", external: [/^effect/, "fast-check"], output: { file }, logLevel: "silent" })
    await expect(run(file, [], { NODE_ENV: "production" })).rejects.toThrow("NODE_ENV is production. Remove the import")
    expect(await run(file, [])).toContain("loaded")
  })
})
