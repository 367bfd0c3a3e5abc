/** How large an entry is in a bundle: everything that it exports, with the packages that it uses. */
import { isBuiltin } from "node:module"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

export interface Size {
  /** Bytes of the minified code, without code that `import()` loads later. */
  readonly minified: number
  readonly gzipped: number
}

/** Packages that the application brings: frameworks, drivers. */
const brought = /^(next|react|react-dom|koa|hono|express|postgres|redis|pg|bcrypt|nodemailer|fast-check)(\/|$)/
const isBrought = (id: string): boolean =>
  isBuiltin(id) || brought.test(id) || /^@(node-rs|opentelemetry|zxcvbn-ts)\//.test(id)

/** @param folder that the specifier is imported from */
export const sizeOf = async (specifier: string, folder: string): Promise<Size> => {
  const entry = join(folder, "bundled-entry.js")
  const bundle = await rolldown({
    cwd: folder,
    input: entry,
    external: isBrought,
    platform: "node",
    logLevel: "silent",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) =>
          id === entry ? `import * as all from ${JSON.stringify(specifier)}; globalThis.all = all` : undefined
      }
    ]
  })
  const { output } = await bundle.generate({ format: "esm", minify: true })
  await bundle.close()
  const chunks = new Map(output.flatMap((part) => (part.type === "chunk" ? [[part.fileName, part] as const] : [])))
  const initial = new Set(output.flatMap((part) => (part.type === "chunk" && part.isEntry ? [part.fileName] : [])))
  for (const name of initial)
    for (const each of chunks.get(name)?.imports ?? []) if (chunks.has(each)) initial.add(each)
  const code = [...initial].map((name) => chunks.get(name)?.code ?? "").join("\n")
  return { minified: Buffer.byteLength(code), gzipped: gzipSync(code).byteLength }
}
