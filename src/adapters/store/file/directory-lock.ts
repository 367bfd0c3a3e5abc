/**
 * A lock between processes that share a directory: a file that only one process can create. Callers within one process
 * get the lock in the order of their calls. Between processes the order is random.
 *
 * A process that dies, or that cannot remove its lock file, leaves it behind. So a lock file that is older than
 * `staleSeconds` is removed. The holder of a lock makes no irreversible change after half of that time
 * ({@link Held.check}). The clocks of machines that share a directory must not differ by more than that.
 */
import { randomBytes } from "node:crypto"
import * as fs from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { FileFailure, unless } from "./file-failure.ts"

export interface Held {
  /** Throws if the lock has been held for too long to be still safe. Call it just before an irreversible change. */
  readonly check: () => void
}

export const staleSeconds = 5
/** How long to wait for a lock. A lock is held only for a few system calls. */
const patienceSeconds = 3

const queues = new Map<string, Promise<unknown>>()

/** Runs `work` while holding the lock. @throws {FileFailure} `LOCKED` */
export const withLock = async <A>(path: string, work: (held: Held) => Promise<A>): Promise<A> => {
  const before = queues.get(path)
  const own = (async () => {
    await before?.catch(() => {})
    return locked(path, work)
  })()
  queues.set(path, own)
  try {
    return await own
  } finally {
    if (queues.get(path) === own) queues.delete(path)
  }
}

const locked = async <A>(path: string, work: (held: Held) => Promise<A>): Promise<A> => {
  const deadline = performance.now() + patienceSeconds * 1000
  for (let pause = 1; !(await taken(path)); pause = Math.min(2 * pause, 20)) {
    await breakIfStale(path)
    if (performance.now() > deadline) throw new FileFailure({ code: "LOCKED" })
    await sleep(pause * Math.random())
  }
  const trustedUntil = performance.now() + (staleSeconds * 1000) / 2
  const check = () => {
    if (performance.now() > trustedUntil) throw new FileFailure({ code: "LOCKED" })
  }
  try {
    return await work({ check })
  } finally {
    // After this time the lock file may belong to another process.
    if (performance.now() < trustedUntil) await tryToRemove(path)
  }
}

const taken = async (path: string): Promise<boolean> => {
  const handle = await unless(["EEXIST"], fs.open(path, "wx", 0o600))
  // The file is there, and nothing was written to it: the lock is held also if closing fails.
  await handle?.close().catch(() => {})
  return handle !== undefined
}

const breakIfStale = async (path: string): Promise<void> => {
  const found = await unless(["ENOENT"], fs.lstat(path))
  if (found === undefined || Date.now() - found.mtimeMs < staleSeconds * 1000) return
  const aside = `${path}.${randomBytes(8).toString("hex")}`
  if (
    (await unless(
      ["ENOENT"],
      fs.rename(path, aside).then(() => true)
    )) === undefined
  )
    return
  const moved = await fs.lstat(aside)
  // Another process removed the stale lock first, and this is the lock of the next holder: it is put back.
  if (moved.ino !== found.ino || moved.mtimeMs !== found.mtimeMs) await unless(["EEXIST"], fs.link(aside, path))
  await tryToRemove(aside)
}

/**
 * Removes a file whose work is done. If it stays, the result of the work is the same: a lock file becomes stale, and
 * `clearExpired` removes it later.
 */
const tryToRemove = (path: string): Promise<void> => fs.rm(path, { force: true }).catch(() => {})
