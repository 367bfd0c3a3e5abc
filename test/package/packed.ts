/** The file that `npm pack` makes of the built package, without building it again. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { fastFolder } from "../rig/fast-folder.ts"

export const root = join(import.meta.dirname, "..", "..")

export interface Packed {
  /** The file to install. */
  readonly tarball: string
  /** The paths of its contents, separated by `/`. */
  readonly files: ReadonlyArray<string>
}

let packed: Packed | undefined

/** Packs once for all test files that run in this process; the file is removed when the process ends. */
export const pack = (): Packed => {
  packed ??= packNow()
  return packed
}

const packNow = (): Packed => {
  const destination = fastFolder("pack")
  const said = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", destination], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  })
  const [made]: ReadonlyArray<{ readonly filename: string; readonly files: ReadonlyArray<{ readonly path: string }> }> =
    JSON.parse(said)
  if (made === undefined) throw new Error(`npm pack made nothing: ${said}`)
  return {
    tarball: join(destination, made.filename),
    files: made.files.map(({ path }) => path)
  }
}
