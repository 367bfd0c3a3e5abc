/** The modules that an import loads: what a file imports statically, and what those files import. */
import { readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { pathToFileURL } from "node:url"
import { parseAst } from "rolldown/parseAst"

/** @returns the URLs of latchkey's and Effect's modules, and the names of other packages and of Node's modules */
export const modulesOf = (file: string): ReadonlyArray<string> => {
  const seen = new Set<string>()
  const visit = (url: string): void => {
    if (seen.has(url)) return
    seen.add(url)
    if (!url.startsWith("file:")) return
    for (const specifier of imports(url)) visit(resolved(specifier, url))
  }
  visit(pathToFileURL(file).href)
  return [...seen]
}

/** By URL: the entries of the package share most files. */
const known = new Map<string, ReadonlyArray<string>>()

/** Not those in `import()`, which load later or never. */
const imports = (url: string): ReadonlyArray<string> => {
  const found = known.get(url) ?? parsed(readFileSync(new URL(url), "utf8"))
  known.set(url, found)
  return found
}

const parsed = (source: string): ReadonlyArray<string> =>
  parseAst(source).body.flatMap((statement) =>
    "source" in statement && statement.source !== null ? [statement.source.value] : []
  )

const resolved = (specifier: string, from: string): string => {
  if (specifier.startsWith(".")) return new URL(specifier, from).href
  if (isBuiltin(specifier)) return specifier
  return specifier.startsWith("effect/") ? import.meta.resolve(specifier) : specifier
}
