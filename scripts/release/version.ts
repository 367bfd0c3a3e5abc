/** Moves the lines under "Unreleased" into a section of the new version: `npm version` runs this and commits it. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { released } from "./changelog.ts"

const file = join(import.meta.dirname, "..", "..", "CHANGELOG.md")
const version = process.env["npm_new_version"] ?? process.env["npm_package_version"]
if (version === undefined) throw new Error("Run this by npm version.")
writeFileSync(file, released(readFileSync(file, "utf8"), version, new Date().toISOString().slice(0, 10)))
