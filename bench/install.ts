/** Installs the libraries and frameworks that are compared, where they are missing or older than what lists them. */
import { spawnSync } from "node:child_process"
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { installedDjango } from "./django/library.ts"

const changedAt = (path: string) => (existsSync(path) ? statSync(path).mtimeMs : 0)
const install = (program: string, args: ReadonlyArray<string>): boolean =>
  spawnSync(program, args, { stdio: "inherit" }).status === 0

for (const name of ["peers", "next"]) {
  const folder = join(import.meta.dirname, name)
  const installed = changedAt(join(folder, "node_modules/.package-lock.json"))
  if (installed >= changedAt(join(folder, "package-lock.json"))) continue
  if (!install("npm", ["ci", "--prefix", folder, "--no-audit", "--no-fund"]))
    console.log(`bench/${name} is not installed: its rows are left out`)
}

const requirements = join(import.meta.dirname, "django/requirements.txt")
if (changedAt(installedDjango) < changedAt(requirements)) {
  const pip = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--upgrade",
    "--target",
    installedDjango,
    "--requirement",
    requirements
  ]
  if (!install("/usr/bin/python3", pip))
    console.log("bench/django/requirements.txt is not installed: the rows measure the Django of test/rig/apt.sh")
}
