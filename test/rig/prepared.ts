/**
 * Files that are the same for every run and take seconds to make: the first test that needs them makes them, and later
 * tests and runs copy or read them. They are in `node_modules/.cache`, so `npm ci` deletes them.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"

/** The folder with everything that is kept between runs. */
export const preparedFolder = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "latchkey-test")

/**
 * The folder of that name. When it does not exist, `make` fills it; other processes never see it half filled.
 * @param name includes the version of the program that makes the files, because files of another version are useless
 * @param make gets the empty folder
 */
export const prepared = async (name: string, make: (folder: string) => Promise<void>): Promise<string> => {
  const folder = join(preparedFolder, name)
  if (existsSync(folder)) return folder
  mkdirSync(preparedFolder, { recursive: true })
  const part = mkdtempSync(`${folder}.part-`)
  try {
    await make(part)
    renameSync(part, folder)
  } catch (cause) {
    rmSync(part, { recursive: true, force: true })
    // Another process may have been faster: a folder that is not empty cannot be replaced.
    if (!existsSync(folder)) throw cause
  }
  return folder
}
