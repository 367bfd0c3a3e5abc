/** The packages that a file of the built package loads, directly or through the package's other files. */
import { existsSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join } from "node:path"
import { parseAst } from "rolldown/parseAst"

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
    for (const specifier of specifiersOf(visited)) {
      if (specifier.startsWith(".")) visit(besides(visited, specifier))
      else names.add(nameOf(specifier))
    }
  }
  visit(file)
  return [...names].sort()
}

/** What a file imports, in every form: static, dynamic, in types, in CommonJS, and in references to types. */
const specifiersOf = (file: string): ReadonlyArray<string> => {
  const source = readFileSync(file, "utf8")
  const found = known.get(source) ?? [
    ...namedIn(parseAst(source, { lang: file.endsWith(".d.ts") ? "dts" : "js" }, file)),
    ...referencesIn(source)
  ]
  known.set(source, found)
  return found
}

/** By source: many entries of the package load the same files. */
const known = new Map<string, ReadonlyArray<string>>()

/** A node of a syntax tree, or a list of nodes, or a value. */
const namedIn = (node: unknown): ReadonlyArray<string> => {
  if (typeof node !== "object" || node === null) return []
  return [...textOf(specifierOf(Object(node))), ...Object.values(node).flatMap(namedIn)]
}

/** The part of a node that names a file or package. Imports and exports of every form have a `source`. */
const specifierOf = (node: ReturnType<typeof Object>): unknown => {
  if (node.type === "TSModuleDeclaration") return node.id
  if (node.type === "TSExternalModuleReference") return node.expression
  if (node.type === "CallExpression" && node.callee.name === "require") return node.arguments[0]
  return node.source
}

const textOf = (node: unknown): ReadonlyArray<string> => {
  const { type, value } = Object(node)
  return type === "Literal" && typeof value === "string" ? [value] : []
}

/** References are comments, and not part of the tree. */
const referencesIn = (source: string): ReadonlyArray<string> =>
  Array.from(
    source.matchAll(/^\/\/\/\s*<reference\s+(?:types|path)\s*=\s*["']([^"']+)["']/gm),
    ([, specifier = ""]) => specifier
  )

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
