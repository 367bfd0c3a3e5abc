/** The file that `npm pack` makes of the built package, without building it again. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const root = join(import.meta.dirname, "..", "..")

export interface Packed {
  /** The file to install. */
  readonly tarball: string
  /** The paths of its contents, separated by `/`. */
  readonly files: ReadonlyArray<string>
  readonly remove: () => void
}

/** @param folder of the package */
export const pack = (folder = root): Packed => {
  const destination = mkdtempSync(join(tmpdir(), "latchkey-pack-"))
  const said = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", destination], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  })
  const [made]: ReadonlyArray<{ readonly filename: string; readonly files: ReadonlyArray<{ readonly path: string }> }> =
    JSON.parse(said)
  if (made === undefined) throw new Error(`npm pack made nothing: ${said}`)
  return {
    tarball: join(destination, made.filename),
    files: made.files.map(({ path }) => path),
    remove: () => rmSync(destination, { recursive: true })
  }
}
