/** The common bundlers can bundle every public entry, and the bundles run in another folder. */
import { readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { registryService } from "../rig/services.ts"
import { type Application, applicationFolder, install, locked } from "./installed.ts"
import { type Packed, pack, root } from "./packed.ts"

const minutes = 60_000

const bundles = ["esbuild", "rolldown", "webpack"].flatMap((bundler) =>
  ["esm", "cjs"].map((format) => ({ bundler, format }))
)

const { exports }: { readonly exports: Readonly<Record<string, unknown>> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8")
)
const entries = Object.keys(exports)
  .filter((door) => door !== "./package.json")
  .map((door) => door.slice(2).replaceAll("/", "-") || "index")

describe.skipIf(!registryService().available)("the public entries, bundled", () => {
  let packed: Packed
  let app: Application
  /** Where the bundles run: a folder without latchkey, and not the one where they were built. */
  let deployed: string

  beforeAll(async () => {
    packed = pack()
    deployed = applicationFolder("deployed")
    app = await install("bundles", packed.tarball, {
      ...locked("package-lock.json", [
        "@node-rs/argon2",
        "@opentelemetry/api",
        "@zxcvbn-ts/language-common",
        "bcrypt",
        "fast-check",
        "hono",
        "postgres",
        "redis",
        "rolldown"
      ]),
      ...locked("examples/next/package-lock.json", ["next", "react", "react-dom"]),
      esbuild: "0.28.2",
      webpack: "5.113.0"
    })
    for (const { bundler, format } of bundles) await app.run("bundle.mjs", bundler, format)
    rmSync(join(app.folder, "node_modules", "latchkey"), { recursive: true })
    for (const name of ["node_modules", "run.mjs", ...bundles.map(({ bundler, format }) => `out-${bundler}-${format}`)])
      renameSync(join(app.folder, name), join(deployed, name))
  }, 20 * minutes)
  afterAll(() => {
    app?.remove()
    if (deployed !== undefined) rmSync(deployed, { recursive: true, force: true })
  }, 20 * minutes)

  it.each(bundles)("by $bundler as $format run, native packages included", async (bundle) => {
    const said = JSON.parse(await app.run(join(deployed, "run.mjs"), bundle.bundler, bundle.format))
    const special = { argon2: "argon2", bcrypt: "bcrypt_sha256", "common-passwords": "123456" }
    expect(said).toEqual({ ...Object.fromEntries(entries.map((entry) => [entry, "loaded"])), ...special })
  })
})
