/** The path aliases of an application: `paths` and `baseUrl` of its tsconfig.json or jsconfig.json. */
import { readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { wrongConfiguration } from "../command-failed.ts"
import { isFile, shown } from "./auth-module.ts"

/** Where the module may be that an import names: paths without an ending, the best one first. */
export type Aliases = (specifier: string) => ReadonlyArray<string>

interface Paths {
  /** The folder that the targets are relative to. */
  readonly folder: string
  readonly paths: Readonly<Record<string, ReadonlyArray<string>>>
  /** Imports without a dot may be relative to this folder. */
  readonly baseUrl: string | undefined
}

/** @param folder of the application */
export const aliasesOf = (folder: string): Aliases => {
  const file = ["tsconfig.json", "jsconfig.json"].map((name) => join(folder, name)).find(isFile)
  const found = file === undefined ? undefined : pathsOf(file)
  if (found === undefined) return () => []
  const patterns = Object.entries(found.paths)
    .map(([pattern, targets]) => {
      const [prefix = "", suffix] = pattern.split("*", 2)
      return { prefix, suffix, targets }
    })
    .sort((a, b) => b.prefix.length - a.prefix.length) // TypeScript takes the longest prefix
  return (specifier) => {
    const aliased = patterns.find(({ prefix, suffix }) =>
      suffix === undefined
        ? specifier === prefix
        : specifier.length >= prefix.length + suffix.length &&
          specifier.startsWith(prefix) &&
          specifier.endsWith(suffix)
    )
    const { baseUrl } = found
    if (aliased === undefined) return baseUrl === undefined ? [] : [join(baseUrl, specifier)]
    const { prefix, suffix = "", targets } = aliased
    const star = specifier.slice(prefix.length, specifier.length - suffix.length)
    return targets.map((target) =>
      resolve(
        found.folder,
        target.replace("*", () => star)
      )
    )
  }
}

/** The aliases of a configuration file, or of the one that it extends. */
const pathsOf = (file: string, depth = 0): Paths | undefined => {
  const { compilerOptions, extends: base } = Object(readJson(file))
  const { baseUrl, paths } = Object(compilerOptions)
  const folder = dirname(file)
  const ownBase = typeof baseUrl === "string" ? resolve(folder, baseUrl) : undefined
  if (typeof paths === "object" && paths !== null) {
    const targets = Object.entries(paths).map(([pattern, value]) => [pattern, [value].flat().filter(isText)] as const)
    return { folder: ownBase ?? folder, paths: Object.fromEntries(targets), baseUrl: ownBase }
  }
  const inherited = [base]
    .flat()
    .filter(isText)
    .filter((name) => name.startsWith(".") && depth < 10)
    .flatMap((name) => [name, `${name}.json`].map((each) => resolve(folder, each)).find(isFile) ?? [])
    .map((path) => pathsOf(path, depth + 1))
    .findLast((found) => found !== undefined)
  if (ownBase === undefined) return inherited
  return { folder: ownBase, paths: {}, ...inherited, baseUrl: ownBase }
}

const isText = (value: unknown): value is string => typeof value === "string"

/** tsconfig.json may have comments and trailing commas. */
const readJson = (file: string): unknown => {
  const text = readFileSync(file, "utf8")
  const plain = text
    .replace(/("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_all, quoted: string | undefined) => quoted ?? "")
    .replace(/("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])/g, (_all, quoted: string | undefined) => quoted ?? "")
  try {
    return JSON.parse(plain.replace(/^\uFEFF/, ""))
  } catch (error) {
    throw wrongConfiguration(`${shown(file)} is not valid: ${error instanceof Error ? error.message : error}`)
  }
}
