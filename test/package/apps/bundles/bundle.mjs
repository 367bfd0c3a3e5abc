// Bundles every public entry, with nothing configured for native packages. Usage: node bundle.mjs BUNDLER FORMAT
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const [, , bundler, format] = process.argv
const here = import.meta.dirname
const out = join(here, `out-${bundler}-${format}`)
const extension = format === "esm" ? "mjs" : "cjs"

const { exports } = JSON.parse(readFileSync(join(here, "node_modules/latchkey/package.json"), "utf8"))
const doors = Object.keys(exports).filter((door) => door !== "./package.json")
const nameOf = (door) => door.slice(2).replaceAll("/", "-") || "index"

mkdirSync(join(here, "entries"), { recursive: true })
const entries = Object.fromEntries(
  doors.map((door) => {
    const file = join(here, "entries", `${nameOf(door)}.mjs`)
    writeFileSync(file, `export * from "latchkey${door.slice(1)}"\n`)
    return [nameOf(door), file]
  })
)

// Next bundles its own applications.
const external = [/^next\//, /^react$/]

const bundlers = {
  esbuild: async () => {
    const { build } = await import("esbuild")
    await build({
      entryPoints: entries,
      outdir: out,
      outExtension: { ".js": `.${extension}` },
      bundle: true,
      platform: "node",
      format,
      external: ["next/*", "react"],
      // Ignores the warning that CommonJS has no `import.meta`.
      logLevel: "error",
      // Drivers in CommonJS load Node's modules with `require`.
      ...(format === "esm"
        ? {
            banner: {
              js: 'import { createRequire as bannerRequire } from "node:module"; const require = bannerRequire(import.meta.url)'
            }
          }
        : {})
    })
  },
  rolldown: async () => {
    const { rolldown } = await import("rolldown")
    const bundle = await rolldown({ input: entries, platform: "node", external, logLevel: "silent" })
    await bundle.write({
      dir: out,
      format,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `[name]-[hash].${extension}`
    })
    await bundle.close()
  },
  webpack: async () => {
    const { default: webpack } = await import("webpack")
    const compiler = webpack({
      mode: "none",
      target: "node22",
      context: here,
      entry: entries,
      experiments: { outputModule: format === "esm" },
      output: {
        path: out,
        filename: `[name].${extension}`,
        chunkFilename: `[id].${extension}`,
        module: format === "esm",
        library: { type: format === "esm" ? "module" : "commonjs2" }
      },
      externalsType: format === "esm" ? "module" : "commonjs",
      externals: external,
      externalsPresets: { node: true }
    })
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, result) => (error ? reject(error) : resolve(result)))
    )
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))
  }
}

await bundlers[bundler]()

const names = doors.map(async (door) => [nameOf(door), Object.keys(await import(`latchkey${door.slice(1)}`))])
writeFileSync(join(out, "names.json"), JSON.stringify(Object.fromEntries(await Promise.all(names))))
