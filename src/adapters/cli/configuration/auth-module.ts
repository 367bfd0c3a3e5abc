/** Finds the module that exports `auth`, and the folder of its application. */
import { existsSync, statSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { wrongConfiguration } from "../command-failed.ts"

const folders = ["", "lib", "src", join("src", "lib"), "app", "server"]
const endings = [".ts", ".mts", ".js", ".mjs"]

export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** The module in one of the usual places; `undefined` if there is none. */
export const findAuthModule = (cwd: string): string | undefined =>
  folders.flatMap((folder) => endings.map((ending) => join(cwd, folder, `auth${ending}`))).find(isFile)

/** The module that `--config` names. @throws {CommandFailed} if there is no such file */
export const authModuleAt = (cwd: string, config: string): string => {
  const path = resolve(cwd, config)
  if (isFile(path)) return path
  throw wrongConfiguration(`--config: there is no file ${config}`)
}

/** The folder with the application's package.json: the nearest one, otherwise the module's own folder. */
export const applicationFolder = (path: string): string => {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder
    if (dirname(folder) === folder) return dirname(path)
  }
}

/** A path as a person would write it: relative, if it is below the current folder. */
export const shown = (path: string): string => {
  const short = relative(process.cwd(), path)
  return short === "" || short.startsWith("..") ? path : short
}
