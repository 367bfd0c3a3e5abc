/** Installs the libraries and frameworks that are compared, where they are missing or older than the lock file. */
import { spawnSync } from "node:child_process"
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"

for (const name of ["peers", "next"]) {
  const folder = join(import.meta.dirname, name)
  const installed = join(folder, "node_modules/.package-lock.json")
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(folder, "package-lock.json")).mtimeMs)
    continue
  const { status } = spawnSync("npm", ["ci", "--prefix", folder, "--no-audit", "--no-fund"], { stdio: "inherit" })
  if (status !== 0) console.log(`bench/${name} is not installed: its rows are left out`)
}
