/** PostgreSQL and PgBouncer refuse to run as root. When the tests run as root, both run as Debian's user `postgres`. */
import { execFileSync, type SpawnOptions } from "node:child_process"
import { chownSync, existsSync } from "node:fs"
import { fastFolder } from "./fast-folder.ts"

const idOf = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }))

/** Options that make a child process run without privileges. */
export const unprivileged = (): Pick<SpawnOptions, "uid" | "gid"> =>
  process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {}

/**
 * A new folder, owned by the user that the child process runs as.
 * @param bytes how much it will hold, if that is more than a gigabyte
 */
export const folderFor = ({ uid, gid }: Pick<SpawnOptions, "uid" | "gid">, name: string, bytes?: number): string => {
  const folder = fastFolder(name, bytes)
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  return folder
}

const SETPRIV = "/usr/bin/setpriv"

/** A command whose process gets `signal` when this process is killed. Works on Linux only. */
export const mortal = (
  signal: "QUIT" | "INT" | "KILL",
  command: string,
  args: ReadonlyArray<string>
): readonly [string, ReadonlyArray<string>] =>
  existsSync(SETPRIV) ? [SETPRIV, ["--pdeathsig", signal, "--", command, ...args]] : [command, args]
