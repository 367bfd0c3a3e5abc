/**
 * Lets Node import an application's modules as its bundler does: path aliases, imports without an ending,
 * `server-only`, `next/headers`, enums and parameter properties, style sheets. Node's hooks run in this thread, so the
 * application and latchkey share one copy of every module.
 */
import { readFileSync } from "node:fs"
import * as NodeModule from "node:module" // as a namespace: an old Node has no `registerHooks`
import { dirname, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { wrongConfiguration } from "../command-failed.ts"
import { isFile, shown } from "./auth-module.ts"
import type { Aliases } from "./tsconfig-paths.ts"

/** Modules that only stop a bundler from sending a file to browsers. Outside a bundler, `server-only` throws. */
const markers = ["server-only", "client-only"]

const endings = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".jsx", ".json"]
const candidates = [...endings, ...[".ts", ".tsx", ".mts", ".js", ".mjs"].map((ending) => `/index${ending}`)]

/** The file of an import: as written, with an ending, in a folder, or TypeScript's source of a `.js` file. */
const fileAt = (path: string): string | undefined =>
  candidates.map((ending) => path + ending).find(isFile) ??
  [path.replace(/\.([mc]?)js(x?)$/, ".$1ts$2"), path.replace(/\.js$/, ".tsx")].find(isFile)

/** Whether the file is the application's, not a package's. */
const isOwn = (url: string | undefined): url is string =>
  url?.startsWith("file:") === true && !url.includes("/node_modules/")

export const installHooks = (aliases: Aliases): void => {
  NodeModule.registerHooks({
    resolve: (specifier, context, next) => {
      if (markers.includes(specifier)) return { url: "data:text/javascript,", shortCircuit: true }
      const { parentURL } = context
      if (!isOwn(parentURL)) return next(specifier, context)
      const paths = /^\.{0,2}\//.test(specifier)
        ? [resolve(dirname(fileURLToPath(parentURL)), specifier)]
        : aliases(specifier)
      const [file] = paths.flatMap((path) => fileAt(path) ?? [])
      if (file !== undefined) return next(pathToFileURL(file).href, context)
      try {
        return next(specifier, context)
      } catch (error) {
        // A package without `exports`, such as Next.js, whose files a bundler finds without an ending.
        if (codeOf(error) === "ERR_MODULE_NOT_FOUND" && /^(@[^/]+\/)?[^/.]+\/.*[^.][^/]*$/.test(specifier)) {
          try {
            return next(`${specifier}.js`, context)
          } catch {}
        }
        throw notFound(specifier, fileURLToPath(parentURL), paths.length > 0, error)
      }
    },
    load: (url, context, next) => {
      if (!isOwn(url)) return next(url, context)
      if (/\.[mc]?tsx?$/.test(url)) return typescript(fileURLToPath(url), url, context.format)
      if (/\.(css|scss|sass|less|svg|png|jpe?g|gif|webp|ico|woff2?)$/.test(url)) return moduleOf("export default {}")
      if (url.endsWith(".json") && context.importAttributes["type"] === undefined)
        return moduleOf(`export default ${readFileSync(fileURLToPath(url), "utf8")}`)
      return next(url, context)
    }
  })
}

const moduleOf = (source: string) => ({ format: "module", source, shortCircuit: true }) as const

const typescript = (path: string, url: string, format: string | null | undefined) => {
  const source = javascriptOf(readFileSync(path, "utf8"), path, url)
  // A package.json with `"type": "commonjs"` is the default of `npm init`. Bundlers import such files all the same.
  const isCommonJs =
    path.endsWith(".cts") || (format === "commonjs-typescript" && !/^\s*(import|export)\b/m.test(source))
  return { format: isCommonJs ? "commonjs" : "module", source, shortCircuit: true } as const
}

const javascriptOf = (source: string, path: string, sourceUrl: string): string => {
  try {
    return NodeModule.stripTypeScriptTypes(source, { sourceUrl })
  } catch (error) {
    if (codeOf(error) === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX")
      return NodeModule.stripTypeScriptTypes(source, { mode: "transform", sourceUrl })
    const advice = path.endsWith("x") ? ". If it has JSX: move what auth needs into a file without JSX" : ""
    throw wrongConfiguration(`${shown(path)}${lineOf(error)} is not valid: ${describe(error)}${advice}`)
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The line of a fault in the source, as `:3`: the stack begins with it. */
const lineOf = (error: unknown): string =>
  /^.*(:\d+)$/m.exec((error instanceof Error ? error.stack : undefined)?.split("\n")[0] ?? "")?.[1] ?? ""

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined)

const notFound = (specifier: string, importer: string, isPath: boolean, error: unknown): unknown => {
  if (codeOf(error) !== "ERR_MODULE_NOT_FOUND" && codeOf(error) !== "ERR_UNSUPPORTED_DIR_IMPORT") return error
  const [scope = "", name = ""] = specifier.split("/", 2)
  const advice = isPath
    ? "there is no such file"
    : `the package is not installed: npm install ${scope.startsWith("@") ? `${scope}/${name}` : scope}`
  return wrongConfiguration(`${shown(importer)} imports "${specifier}": ${advice}`)
}
