/** A small file system in memory, to fill it. */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { folderFor, unprivileged } from "./unprivileged.ts"

export interface SmallDisk {
  /** Belongs to the user that servers run as. */
  readonly folder: string
  readonly remove: () => void
}

/** @returns `undefined` where this process may not mount a file system */
export const smallDisk = (megabytes: number): SmallDisk | undefined => {
  const user = unprivileged()
  const folder = folderFor(user, "small-disk")
  const owner = user.uid === undefined ? "" : `,uid=${user.uid},gid=${user.gid}`
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m${owner}`, "none", folder], { stdio: "ignore" })
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
  const unmount = () => execFileSync("umount", ["--lazy", folder], { stdio: "ignore" })
  process.once("exit", unmount)
  return {
    folder,
    remove: () => {
      process.off("exit", unmount)
      unmount()
      rmSync(folder, { recursive: true })
    }
  }
}
