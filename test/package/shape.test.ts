/** Checks the published package with the tools that users check packages with. */
import { execFile, execFileSync } from "node:child_process"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { beforeAll, describe, expect, it } from "vitest"
import { fastFolder } from "../rig/fast-folder.ts"
import { type Packed, pack, root } from "./packed.ts"

const minute = 60_000

/** The output of a program without colours; rejects when the exit code is not 0. */
const run = async (file: string, ...options: ReadonlyArray<string>): Promise<string> =>
  (
    await promisify(execFile)(process.execPath, [join(root, "node_modules", file), ...options], {
      env: { ...process.env, FORCE_COLOR: "0", NO_COLOR: "1" },
      maxBuffer: 2 ** 24,
      timeout: 5 * minute
    })
  ).stdout

const publint = (tarball: string) => run("publint/src/cli.js", "run", tarball, "--strict")

/** Are the types wrong? */
const attw = (tarball: string) =>
  run("@arethetypeswrong/cli/dist/index.js", tarball, "--profile", "esm-only", "--format", "ascii")

let packed: Packed
beforeAll(() => {
  packed = pack()
})

describe("the published package", () => {
  it("contains what its manifest promises, and no tests or tools", () => {
    const rooms = new Set(packed.files.map((file) => file.split("/")[0]))
    expect([...rooms].sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      "bench",
      "dist",
      "docs",
      "package.json"
    ])
  })

  it("contains code, types and docs: source maps and sources would more than double it", () => {
    const kinds = new Set(packed.files.map((file) => `${file.split("/")[0]} ${/(\.d)?\.\w+$/.exec(file)?.[0] ?? ""}`))
    // Pages of docs show the results of the benchmarks.
    expect([...kinds].filter((kind) => kind.startsWith("bench ")).sort()).toEqual(["bench .md", "bench .svg"])
    expect([...kinds].filter((kind) => kind.startsWith("dist ")).sort()).toEqual([
      "dist .d.ts",
      "dist .js",
      "dist .txt"
    ])
    const maps = packed.files
      .filter((file) => file.startsWith("dist/"))
      .filter((file) => readFileSync(join(root, file), "utf8").includes("sourceMappingURL"))
    expect(maps).toEqual([])
  })

  it("has no findings of publint", async () => {
    expect(await publint(packed.tarball)).toContain("All good!")
  })

  it("has types for every modern module resolution", async () => {
    const said = await attw(packed.tarball)
    const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    for (const door of Object.keys(exports)) expect(said).toContain(`"latchkey${door.slice(1)}"`)
  })
})

describe("the tools that check the package", () => {
  const folder = fastFolder("broken-package")
  const broken = join(folder, "broken.tgz")
  beforeAll(() => {
    execFileSync("tar", ["-xzf", packed.tarball], { cwd: folder })
    const dist = join(folder, "package", "dist")
    rmSync(join(dist, "adapters", "http", "koa.js"))
    const memory = join(dist, "adapters", "store", "memory.d.ts")
    writeFileSync(memory, readFileSync(memory, "utf8").replace("../ports/session-store.ts", "../ports/missing.ts"))
    execFileSync("tar", ["-czf", broken, "package"], { cwd: folder })
  })

  it("report an entry whose file is missing", async () => {
    await expect(publint(broken)).rejects.toHaveProperty("stdout", expect.stringContaining("koa.js but the file does"))
  })

  it("report types that name a missing file", async () => {
    await expect(attw(broken)).rejects.toHaveProperty("stdout", expect.stringMatching(/🥴 Internal resolution error/))
  })
})
