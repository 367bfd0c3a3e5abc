/** Temporary folders for many files. */
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const GIGABYTE = 2 ** 30

const MEMORY = "/dev/shm"

/**
 * Linux's folder in memory when it has that much space, because to create files on a busy disk takes long; else the
 * usual folder. In containers the one in memory is often small.
 */
const parentFor = (bytes: number): string => {
  if (!existsSync(MEMORY)) return tmpdir()
  const { bavail, bsize } = statfsSync(MEMORY)
  return bavail * bsize > bytes ? MEMORY : tmpdir()
}

const made = new Set<string>()
const removeAll = (): void => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
}
/** Vitest ends its workers by SIGTERM, after which Node emits no "exit". */
const removeAllAndEnd = (): void => {
  removeAll()
  process.kill(process.pid, "SIGTERM")
}

/**
 * A new folder with a random name, in memory when there is enough. It is removed when this process ends, if it was not
 * removed before: files must not fill the memory after a failed test.
 */
export const fastFolder = (name: string, bytes = GIGABYTE): string => {
  const folder = mkdtempSync(join(parentFor(bytes), `latchkey-${name}-`))
  if (made.size === 0) process.once("exit", removeAll).once("SIGTERM", removeAllAndEnd)
  made.add(folder)
  return folder
}
