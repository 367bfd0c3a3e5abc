/**
 * What an import costs at the start of a process, and how large each entry is, beside other libraries:
 * `npm run bench:start`. About three minutes. `--save` writes `results/start.md`, and the pages that show it. Needs
 * `node bench/install.ts`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { linkLatchkey } from "../next/link.ts"
import { draw } from "../report/drawings.ts"
import { type Imports, measureImports } from "./imports.ts"
import { type Size, sizeOf } from "./sizes.ts"

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "11" }, save: { type: "boolean", default: false } }
})
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const root = path("../..")
const manifest: { readonly version: string; readonly exports: Readonly<Record<string, string | object>> } = JSON.parse(
  readFileSync(`${root}/package.json`, "utf8")
)
const entries = Object.entries(manifest.exports).flatMap(([name, to]) =>
  typeof to === "string" ? [] : [`latchkey${name.slice(1)}`]
)
const peers = path("../peers")
const next = path("../next")

const from = (folder: string, ...names: ReadonlyArray<string>) =>
  names.map((specifier): Imports => ({ specifier, folder }))
/** Without the imports from a folder that has packages of its own, if these are not installed. */
const installed = (imports: ReadonlyArray<Imports>): ReadonlyArray<Imports> =>
  imports.filter(({ folder, specifier }) => {
    const isInstalled = existsSync(`${folder}/node_modules`)
    if (!isInstalled) console.log(`${specifier} is left out: run npm ci --prefix ${folder}`)
    return isInstalled
  })

/** Entries that import Next or React find them in `bench/next`, where latchkey is a link. */
const ownImport = (specifier: string): Imports =>
  /^latchkey\/(testing\/)?next(\/|$)/.test(specifier)
    ? { specifier, folder: next, isLinked: true }
    : { specifier, folder: root }
const others = installed([
  ...from(peers, "iron-session", "better-auth"),
  ...from(next, "next-auth"),
  ...from(peers, "@auth/core", "express-session", "@fastify/session")
])
const references = [...from(root, "effect/Effect", "node:crypto"), ...from(next, "next/headers.js")]
const imports = [...installed([...entries.map(ownImport), ...references]), ...others]
if (imports.some(({ isLinked }) => isLinked)) linkLatchkey()
const costs = measureImports(imports, Number(values.rounds))
const sizes: Array<readonly [string, Size]> = []
for (const { folder, specifier } of [...from(root, ...entries), ...others])
  sizes.push([specifier, await sizeOf(specifier, folder)])

const kB = (bytes: number) => (bytes / 1000).toFixed(1)
const text = [
  `Measured on ${new Date().toISOString().slice(0, 10)}, latchkey ${manifest.version}, ${cpus().length} cores (${cpus()[0]?.model}), Node ${process.versions.node}: \`npm run bench:start -- --save\`.`,
  "",
  "| import | CPU ms | memory MB | of it JavaScript's values MB |",
  "| --- | ---: | ---: | ---: |",
  ...Array.from(
    costs,
    ([name, { cpu, heap, memory }]) => `| \`${name}\` | ${cpu.toFixed(0)} | ${memory.toFixed(1)} | ${heap.toFixed(1)} |`
  ),
  "",
  "| entry, bundled with all that it exports | minified kB | gzipped kB |",
  "| --- | ---: | ---: |",
  ...sizes.map(([name, { gzipped, minified }]) => `| \`${name}\` | ${kB(minified)} | ${kB(gzipped)} |`),
  ""
].join("\n")
console.log(text)
if (values.save) {
  mkdirSync(path("../results"), { recursive: true })
  writeFileSync(path("../results/start.md"), text)
  draw()
}
