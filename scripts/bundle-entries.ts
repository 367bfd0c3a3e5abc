/**
 * Joins the modules of `dist` into few files: `npm run build`. Node takes longer to find, read and link two hundred small
 * files than to run them. Modules that the same entries need become one file in `dist/shared`, so that no entry loads
 * what it does not use. Only ASCII is written: V8 keeps a file with any other character in twice the memory.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { rolldown } from "rolldown"

const root = join(import.meta.dirname, "..")
const dist = join(root, "dist")
const { exports }: { readonly exports: Readonly<Record<string, string | { readonly default: string }>> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8")
)

/** A module of the browser, which imports only React. Its `"use client"` has to stay its first statement. */
const client = "adapters/http/next/account-form-component"
/** `sideEffects` in `package.json` names this file, so it stays one. */
const refusal = "testing/refuse-production"

const entries = Object.values(exports).flatMap((door) =>
  typeof door === "string" ? [] : [door.default.slice("./dist/".length, -".js".length)]
)
/** Bundlers for Next.js decide by file what a route handler, a page or the proxy loads of Next.js. */
const ofNext = globSync("adapters/http/next/*.js", { cwd: dist }).map((file) => file.slice(0, -".js".length))

const bundled = new Set([...entries, ...ofNext, refusal])
bundled.delete(client)

const bundle = await rolldown({
  input: Object.fromEntries(Array.from(bundled, (entry) => [entry, join(dist, `${entry}.js`)])),
  external: (id) => !id.startsWith(".") && !id.startsWith(root),
  platform: "neutral",
  logLevel: "warn"
})
const { output } = await bundle.generate({
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "shared/[name].js",
  comments: { legal: true, annotation: true, jsdoc: false }
})
await bundle.close()

const inAscii = (code: string): string =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

for (const file of globSync("**/*.js", { cwd: dist })) if (file !== `${client}.js`) rmSync(join(dist, file))
for (const part of output) {
  if (part.type !== "chunk") throw new Error(`${part.fileName}: a file of another kind than JavaScript`)
  const file = join(dist, part.fileName)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, inAscii(part.code))
}
