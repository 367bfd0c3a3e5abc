/** Refuses to publish while something is in the way: npm runs this before `npm publish`. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { obstacles } from "./obstacles.ts"

const read = (file: string): string => readFileSync(join(import.meta.dirname, "..", "..", file), "utf8")

const found = obstacles({
  manifest: JSON.parse(read("package.json")),
  readme: read("README.md"),
  security: read("SECURITY.md"),
  changelog: read("CHANGELOG.md")
})

if (found.length > 0) {
  console.error(["Not published:", ...found].join("\n- "))
  process.exitCode = 1
}
