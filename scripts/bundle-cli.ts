/**
 * Makes one file of the `latchkey` command and of the packages that it uses: `npm run build`. So it starts in a fraction
 * of the time, and users of the package install nothing for it. The licences of these packages are written beside it.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { rolldown } from "rolldown"

const root = join(import.meta.dirname, "..")
const file = join(root, "dist", "cli.js")

const bundle = await rolldown({
  input: join(root, "src", "adapters", "cli", "main.ts"),
  platform: "node",
  logLevel: "warn"
})
const { output } = await bundle.write({ file, format: "esm", minify: { mangle: false, codegen: true, compress: true } })
await bundle.close()

const modules = output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : []))
const packages = new Set(
  modules.flatMap((id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll("\\", "/"))?.[1] ?? [])
)
const licences = [...packages].sort().map((folder) => {
  const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const text = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"].map((each) => join(folder, each)).find(existsSync)
  return `${name} ${version} (${license})\n\n${text === undefined ? "" : readFileSync(text, "utf8").trim()}`
})
writeFileSync(
  join(root, "dist", "cli.licences.txt"),
  `cli.js contains parts of these packages.\n\n${licences.join(`\n\n${"-".repeat(80)}\n\n`)}\n`
)
