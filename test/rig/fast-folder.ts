import { existsSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"

export const GIGABYTE = 2 ** 30

const MEMORY = "/dev/shm"

/**
 * A folder for many temporary files: Linux's folder in memory when it has that much space, because to create files on a
 * busy disk takes long; else the usual folder. In containers the one in memory is often small.
 */
export const fastFolder = (bytes: number): string => {
  if (!existsSync(MEMORY)) return tmpdir()
  const { bavail, bsize } = statfsSync(MEMORY)
  return bavail * bsize > bytes ? MEMORY : tmpdir()
}
