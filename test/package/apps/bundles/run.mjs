// Runs the bundles of one folder: each has the exports of its entry, and loads the package that it needs. Prints the
// results by entry. Usage: node run.mjs BUNDLER FORMAT
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"

const [, , bundler, format] = process.argv
const folder = join(import.meta.dirname, `out-${bundler}-${format}`)
const require = createRequire(import.meta.url)
const load = (name) => (format === "esm" ? import(join(folder, `${name}.mjs`)) : require(join(folder, `${name}.cjs`)))

const working = {
  argon2: async ({ argon2 }) => (await argon2().encode("password", "saltsaltsalt")).split("$")[0],
  bcrypt: async ({ bcryptSha256 }) =>
    (await bcryptSha256({ rounds: 4 }).encode("password", "a".repeat(22))).split("$")[0],
  "common-passwords": ({ commonPasswords }) => commonPasswords()[0]
}

const said = {}
for (const [name, exported] of Object.entries(JSON.parse(readFileSync(join(folder, "names.json"), "utf8")))) {
  const loaded = await load(name)
  const missing = exported.filter((each) => loaded[each] === undefined)
  said[name] = missing.length > 0 ? `lacks ${missing}` : ((await working[name]?.(loaded)) ?? "loaded")
}
console.log(JSON.stringify(said))
