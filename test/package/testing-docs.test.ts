/** The tests on docs/testing.md, run in an application that has the published package. */
import { execFile, execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
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
const all = [
  ...files,
  ...testsIn(join(root, "docs", "apps")),
  join(root, "docs/apps/next/test/handlers.test.ts"),
  join(root, "docs/programs/own-store.test.ts")
]

let packed: Packed
let folder: string

/** Runs a program in the application. @returns its output; rejects with the output if it fails */
const run = async (file: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
    timeout: 5 * minute
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
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Lines that hold more than brackets and comments. */
const codeLines = (text: string): number =>
  text.split("\n").filter((line) => /\w/.test(line) && !/^\s*(?:\/\/|\/?\*)/.test(line)).length

/** The statements of a file that count, as docs/testing.md says: not its imports, nor the application under test. */
const countedStatements = (text: string): ReadonlyArray<string> => {
  const statements: Array<string> = []
  for (const line of text.split("\n"))
    if (/^[^\s\])}]/.test(line)) statements.push(line)
    else statements.push(`${statements.pop() ?? ""}\n${line}`)
  let isApplication = false
  return statements.filter((statement) => {
    if (/^\/[/*]|^test/.test(statement)) isApplication = /^\/\/ The (?:running )?applications?\b/.test(statement)
    return !isApplication && !/^import /.test(statement)
  })
}

/** The tests of a file, with the lines of each and of all that it uses; hooks are used by every test. */
const examplesOf = (text: string): ReadonlyArray<readonly [title: string, lines: number]> => {
  const statements = countedStatements(text)
  return statements.flatMap((test) => {
    const [, title] = /^test.*?\("(.+?)"/.exec(test) ?? []
    if (title === undefined) return []
    const used = new Set([test])
    for (const one of used)
      for (const other of statements) {
        const [, name] = /^(?:export )?(?:const|type|interface|function) (\w+)/.exec(other) ?? []
        const isHook =
          /^(?:beforeEach|before|after|afterAll|beforeAll|\w+\(|await )/.test(other) && !/^test/.test(other)
        if (isHook || (name !== undefined && new RegExp(`\\b${name}\\b`).test(one))) used.add(other)
      }
    // The one line that makes the site is the same in all tests.
    const counted = [...used].filter((one) => !/^const (?:site = testSite|scene = coreScene)\(.*\)\s*$/.test(one))
    return [[title, counted.reduce((sum, one) => sum + codeLines(one), 0)] as const]
  })
}

/** Descriptions of whole sites have a line for each page, and for each part of the site. */
const longer: Readonly<Record<string, number>> = { "a running site breaks no law": 14, "the shop breaks no law": 9 }

describe.skipIf(!longSuite().available)("the tests on docs/testing.md", () => {
  it("pass in an application with the published package", async () => {
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
    expect(await run(vitest, ["run", "--testTimeout", "60000", "--exclude", "programs"])).toContain(
      `Test Files  ${files.length} passed (${files.length})`
    )
  })

  it("pass for the store of docs/your-own-store.md, too", async () => {
    expect(await run("--test", ["programs/own-store.test.ts"])).toMatch(/^. fail 0$/m)
  })
})

describe("the examples of docs/testing.md", () => {
  it.each(
    all.map((file) => [relative(root, file), examplesOf(readFileSync(file, "utf8"))] as const)
  )("need at most six lines: %s", (_, examples) => {
    expect(examples.length).toBeGreaterThan(0)
    expect(examples.filter(([title, lines]) => lines > (longer[title] ?? 6))).toEqual([])
  })

  it("are counted with all that they use", () => {
    const text = [
      "import a",
      "const site = testSite()",
      "",
      "// The application.",
      "const app = () => {",
      "  a()",
      "}",
      ""
    ]
    const own = ["// Its clock.", "const clock = () => {", "  app(site)", "}", 'test("t", () => {', "  clock()", "})"]
    expect(examplesOf([...text, ...own].join("\n"))).toEqual([["t", 4]])
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
  ])("%s refuses production from a bundle, too", async (entry, name) => {
    const input = join(folder, `${name}.mjs`)
    writeFileSync(input, `import { ${name} } from "${entry}"; console.log("loaded", ${name})`)
    const file = join(folder, `${name}-bundle.mjs`)
    await build({ input, platform: "node", external: [/^effect/, "fast-check"], output: { file }, logLevel: "silent" })
    await expect(run(file, [], { NODE_ENV: "production" })).rejects.toThrow("NODE_ENV is production. Remove the import")
    expect(await run(file, [])).toContain("loaded")
  })
})
