// Builds the example, unless its sources are unchanged since the last build.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, globSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const here = import.meta.dirname
const repository = join(here, "../..")

const run = (command, ...args) => {
  const { status } = spawnSync(command, args, {
    cwd: here,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, NODE_ENV: undefined, NEXT_TELEMETRY_DISABLED: "1" }
  })
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed`)
}

if (!existsSync(join(repository, "dist/index.js")))
  throw new Error("latchkey is not built yet: npm ci, in the root of the repository")

if (!existsSync(join(here, "node_modules/next"))) run("npm", "ci", "--no-audit", "--no-fund")

const link = join(here, "node_modules/latchkey")
if (!existsSync(link)) {
  rmSync(link, { force: true })
  symlinkSync("../../..", link)
}

const inputs = [
  ["dist", "**/*.js"],
  ["examples/site", "**/*.ts"],
  ["examples/next", "{app,components,lib}/**/*.{ts,tsx}"],
  ["examples/next", "*.{ts,json}"]
].flatMap(([folder, pattern]) =>
  globSync(pattern, { cwd: join(repository, folder) })
    .filter((file) => file !== "next-env.d.ts")
    .sort()
    .map((file) => join(repository, folder, file))
)
const digest = createHash("sha256")
for (const file of inputs) digest.update(file).update("\0").update(readFileSync(file)).update("\0")
const fingerprint = digest.digest("hex")

const kept = join(here, ".next/built-of")
if (!existsSync(kept) || readFileSync(kept, "utf8") !== fingerprint) {
  rmSync(kept, { force: true })
  run(process.execPath, "node_modules/next/dist/bin/next", "build")
  writeFileSync(kept, fingerprint)
}
