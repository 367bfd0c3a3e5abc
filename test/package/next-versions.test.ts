/**
 * `latchkey/testing/next` with the last patch of every minor version of Next since 15.1 that npm's registry has. The
 * kit fills internal stores of Next, so a new minor version may need a new version of the kit.
 */
import { execFile } from "node:child_process"
import { cpSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { registryService } from "../rig/services.ts"
import { type Application, install, locked } from "./installed.ts"
import { type Packed, pack } from "./packed.ts"

const minutes = 60_000
const isAvailable = registryService().available
const run = promisify(execFile)

/** Files of Next that its functions for requests do not load. To unpack them takes most of the time. */
const left = [
  "*.map",
  "*.d.ts",
  ...["esm", "docs", "next-devtools", "build/webpack", "build/babel", "bundle*"].map((part) => `package/dist/${part}`),
  ...["next-server", "react*", "webpack*", "babel*", "next-devtools", "@vercel", "@next", "jest*", "postcss*"].map(
    (part) => `package/dist/compiled/${part}`
  )
]

/** `15.1.12`, `15.2.9`, …, without versions that are not released yet. */
const lastPatches = async (): Promise<ReadonlyArray<string>> => {
  const { stdout } = await run("npm", ["view", "next", "versions", "--json"], { maxBuffer: 2 ** 24 })
  const versions: ReadonlyArray<string> = JSON.parse(stdout)
  const last = new Map<string, string>() // npm sorts versions in ascending order
  for (const version of versions) {
    const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version) ?? []
    if (Number(major) > 15 || (major === "15" && minor !== "0")) last.set(`${major}.${minor}`, version)
  }
  return [...last.values()]
}

const suites = ["next-functions.test.ts", "latchkey-functions.test.ts"]
const files = ["package.json", "site.ts", "moved.mjs", "moved.test.ts", ...suites]

const versions = isAvailable ? await lastPatches() : []

describe.skipIf(!isAvailable)("the test kit for Next", () => {
  let packed: Packed
  let app: Application
  /** The folder of an application with one version of Next. What is not in its node_modules is in those of `app`. */
  const at = (version: string): string => join("versions", version)

  beforeAll(async () => {
    packed = pack()
    const frameworks = locked("examples/next/package-lock.json", ["next", "react", "react-dom"])
    app = await install("next-testing", packed.tarball, frameworks)
    const tarballs = join(app.folder, "tarballs")
    mkdirSync(tarballs)
    const { stdout } = await run(
      "npm",
      ["pack", "--silent", "--prefer-offline", ...versions.map((version) => `next@${version}`)],
      { cwd: tarballs }
    )
    expect(stdout.trim().split("\n")).toHaveLength(versions.length)
    for (const version of versions) {
      const folder = join(app.folder, at(version))
      const modules = join(folder, "node_modules")
      const unpacked = join(modules, "next")
      mkdirSync(unpacked, { recursive: true })
      const without = left.map((pattern) => `--exclude=${pattern}`)
      const tarball = join(tarballs, `next-${version}.tgz`)
      await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", unpacked, ...without])
      cpSync(join(app.folder, "node_modules", "latchkey"), join(modules, "latchkey"), { recursive: true })
      for (const file of files) cpSync(join(app.folder, file), join(folder, file))
    }
  }, 20 * minutes)
  afterAll(() => {
    app?.remove()
  })

  const paths = (version: string, names: ReadonlyArray<string>) => names.map((name) => join(at(version), name))

  it("is run with every minor version", () => {
    expect(versions.length).toBeGreaterThanOrEqual(10)
    expect(versions[0]).toMatch(/^15\.1\./)
  })

  it.each(versions)("runs Next's functions and latchkey's without a server: Next %s", async (version) => {
    await app.run("--test", ...paths(version, suites))
  })

  it.each(
    versions.filter((_, index) => index === 0 || index === versions.length - 1)
  )("runs latchkey's functions even if Next keeps its requests elsewhere, and says so: Next %s", async (version) => {
    const moved = join(app.folder, at(version), "moved.mjs")
    await app.run("--import", moved, "--test", ...paths(version, ["latchkey-functions.test.ts", "moved.test.ts"]))
  })

  it("refuses production", async () => {
    const load = () =>
      app
        .under({ NODE_ENV: "production" })
        .run("--input-type=module", "--eval", 'await import("latchkey/testing/next")')
    await expect(load()).rejects.toThrow("latchkey/testing is for tests, and NODE_ENV is production")
  })

  it("says what to install when pages cannot be rendered", async () => {
    await app.run("--import", join(app.folder, "without-react-dom.mjs"), "--test", "without-react-dom.test.ts")
  })
})
