/**
 * What an import costs at the start of a process, and how large each entry is, beside other libraries:
 * `npm run bench:start`. About two minutes. `--save` writes `results/start.md`,
 * and the pages that show it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { draw } from "../report/drawings.ts"
import { measureImports } from "./imports.ts"
import { type Size, sizeOf } from "./sizes.ts"

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "11" }, save: { type: "boolean", default: false } }
})
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const root = path("../..")
const peers = path("../peers")
const hasPeers = existsSync(`${peers}/node_modules`)
if (!hasPeers) console.log("other libraries are left out: run npm ci --prefix bench/peers")

const manifest: { readonly version: string; readonly exports: Readonly<Record<string, string | object>> } = JSON.parse(
  readFileSync(`${root}/package.json`, "utf8")
)
const entries = Object.entries(manifest.exports).flatMap(([name, to]) =>
  typeof to === "string" ? [] : [`latchkey${name.slice(1)}`]
)
const others = ["iron-session", "better-auth", "@auth/core", "express-session", "@fastify/session"]
const imported = [
  "latchkey",
  "latchkey/node",
  "latchkey/koa",
  "latchkey/fetch",
  "latchkey/next/reader",
  "latchkey/next/proxy",
  "latchkey/postgres",
  "latchkey/redis"
]

const from = (names: ReadonlyArray<string>, folder: string) => names.map((name) => [name, folder] as const)
const peersFrom = hasPeers ? from(others, peers) : []
const costs = measureImports([...from([...imported, "effect/Effect"], root), ...peersFrom], Number(values.rounds))
const sizes: Array<readonly [string, Size]> = []
for (const [name, folder] of [...from(entries, root), ...peersFrom]) sizes.push([name, await sizeOf(name, folder)])

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
