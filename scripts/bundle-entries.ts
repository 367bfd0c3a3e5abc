/**
 * Joins the modules of `dist` into few files: `npm run build`. Node takes longer to find, read and link two hundred small
 * files than to run them. Modules that the same entries need become one file in `dist/shared`; those that `latchkey`
 * needs become one file for each group below. Only ASCII is written: V8 keeps a file with any other character in twice
 * the memory.
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

/** The entries by their doors: `.` is `latchkey`, `./koa` is `latchkey/koa`. */
const entries: ReadonlyMap<string, string> = new Map(
  Object.entries(exports).flatMap(([door, to]) =>
    typeof to === "string" ? [] : [[door, to.default.slice("./dist/".length, -".js".length)] as const]
  )
)
/** Bundlers for Next.js decide by file what a route handler, a page or the proxy loads of Next.js. */
const ofNext = globSync("adapters/http/next/**/*.js", { cwd: dist }).map((file) => file.slice(0, -".js".length))

const bundled = new Set([...entries.values(), ...ofNext, refusal])
bundled.delete(client)

/** What each module imports. */
const imports = new Map<string, ReadonlyArray<string>>()

const bundle = await rolldown({
  input: Object.fromEntries(Array.from(bundled, (entry) => [entry, join(dist, `${entry}.js`)])),
  external: (id) => !id.startsWith(".") && !id.startsWith(root),
  platform: "neutral",
  logLevel: "warn",
  plugins: [{ name: "imports", moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) }]
})
// Without groups, only to fill `imports`.
await bundle.generate({ format: "esm" })

/** The modules that these doors need. */
const neededBy = (doors: Iterable<string>): Set<string> => {
  const needed = new Set(Array.from(doors, (door) => join(dist, `${entries.get(door)}.js`)))
  for (const id of needed) for (const imported of imports.get(id) ?? []) needed.add(imported)
  return needed
}

const stores = ["./postgres", "./redis", "./cached-db", "./file", "./signed-cookies", "./memory"]

/**
 * The groups of the modules that `latchkey` needs. A module belongs to the first group one of whose doors needs it, so
 * no file needs a file of a later group. An application imports `latchkey` in any case. Only the first three groups are
 * also loaded without it: by a proxy, by a page of Next.js, by a script that hashes passwords. They do without Effect.
 */
const groups: ReadonlyArray<readonly [name: string, doors: ReadonlyArray<string>]> = [
  ["proxy", ["./next/proxy"]],
  ["reader", ["./next/reader"]],
  ["adapters", ["./node", "./koa", "./fetch", "./hono", "./next", "./argon2", "./bcrypt", "./smtp"]],
  ["services", [...stores, "./opentelemetry", "./effect-http"]],
  ["accounts", [...entries.keys()].filter((door) => door.includes("/account"))],
  ["auth", ["."]]
]
const shared = neededBy(["."])
shared.delete(join(dist, "index.js"))

const { output } = await bundle.generate({
  format: "esm",
  codeSplitting: {
    groups: groups.map(([name, doors]) => {
      const needed = neededBy(doors)
      return { name, test: (id: string) => shared.has(id) && needed.has(id) }
    })
  },
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
