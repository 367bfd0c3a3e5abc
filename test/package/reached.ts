/** The packages that a file of the built package loads, directly or through the package's other files. */
import { existsSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join } from "node:path"

/** Package names without subpaths, and Node's modules with the prefix `node:`; sorted. */
export type Names = ReadonlyArray<string>

/**
 * @param file a `.js` for what is loaded at run time, or a `.d.ts` for what a compiler reads
 * @throws {Error} when a file is missing
 */
export const reachedFrom = (file: string): Names => {
  const seen = new Set<string>()
  const names = new Set<string>()
  const visit = (visited: string): void => {
    if (seen.has(visited)) return
    seen.add(visited)
    for (const specifier of specifiersOf(readFileSync(visited, "utf8"))) {
      if (specifier.startsWith(".")) visit(besides(visited, specifier))
      else names.add(nameOf(specifier))
    }
  }
  visit(file)
  return [...names].sort()
}

/** Every form of import that compilers write: static, dynamic, in types, in CommonJS, and type references. */
const ways = [
  /(?<!["'])\bfrom\s*["']([\w@./:#-]+)["']/g,
  /\bimport\s*["']([\w@./:#-]+)["']/g,
  /\bimport\s*\(\s*["']([\w@./:#-]+)["']/g,
  /\brequire\s*\(\s*["']([\w@./:#-]+)["']/g,
  /\bdeclare\s+module\s+["']([\w@./:#-]+)["']/g
]
const reference = /^\/\/\/\s*<reference\s+(?:types|path)\s*=\s*["']([\w@./:#-]+)["']/gm

const specifiersOf = (source: string): ReadonlyArray<string> => {
  const code = source.replace(/^\s*\/\*[\s\S]*?\*\//gm, "").replace(/^\s*\/\/.*$/gm, "")
  return [...ways.map((way) => code.matchAll(way)), source.matchAll(reference)].flatMap((found) =>
    Array.from(found, ([, specifier = ""]) => specifier)
  )
}

/** Declarations import `./x.ts` and mean `./x.d.ts`. */
const besides = (file: string, specifier: string): string => {
  const named = join(dirname(file), specifier)
  return file.endsWith(".d.ts") && !existsSync(named) ? named.replace(/\.[jt]s$/, ".d.ts") : named
}

const nameOf = (specifier: string): string => {
  if (isBuiltin(specifier)) return specifier.startsWith("node:") ? specifier : `node:${specifier}`
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")
}
