/** Writes the changes of `init`: all of them or, if one fails, none. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { refused } from "../command-failed.ts"
import type { FileChange } from "./init-plan.ts"

export const readIn =
  (folder: string) =>
  (path: string): string | undefined =>
    existsSync(join(folder, path)) ? readFileSync(join(folder, path), "utf8") : undefined

/**
 * Synchronous, so that Ctrl-C cannot come in between. A new file is created only if it still does not exist, and lines
 * are only added to a file that still has the text that the diff was made from.
 *
 * @throws {CommandFailed} if a file has changed meanwhile or cannot be written; then everything is as before
 */
export const writeChanges = (folder: string, changes: ReadonlyArray<FileChange>): void => {
  const undo: Array<() => void> = []
  try {
    for (const { after, before, isSecret, path } of changes) {
      const file = join(folder, path)
      const present = readIn(folder)(path)
      if (present !== before) throw refused(`${path} has changed meanwhile: run the command again`)
      const firstNew = mkdirSync(dirname(file), { recursive: true })
      if (firstNew !== undefined) undo.push(() => rmSync(firstNew, { recursive: true, force: true }))
      undo.push(before === undefined ? () => rmSync(file, { force: true }) : () => writeFileSync(file, before))
      writeFileSync(file, after, {
        flag: before === undefined ? "wx" : "w",
        mode: isSecret ? 0o600 : 0o666
      })
    }
  } catch (error) {
    for (const step of undo.reverse()) step()
    const code = error instanceof Error && "code" in error ? error.code : undefined
    throw code === undefined ? error : refused(`a file cannot be written (${code}); nothing was changed`)
  }
}
