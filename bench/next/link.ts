import { existsSync, symlinkSync } from "node:fs"
import { join } from "node:path"

const link = join(import.meta.dirname, "node_modules/latchkey")

/** Makes this repository the package `latchkey` in this folder. */
export const linkLatchkey = (): void => {
  if (!existsSync(link)) symlinkSync("../../..", link)
}
