/**
 * A lock among processes that share a directory: a file that only one can create. Within this process, who comes first
 * goes first; among processes, chance decides.
 *
 * A process that died leaves its lock behind, so one that is older than `staleSeconds` is taken away. Whoever holds one
 * does nothing irrevocable after half of that ({@link Held.check}). Clocks of machines that share a directory must agree
 * to that precision.
 */
import { randomBytes } from "node:crypto"
import * as fs from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { FileFailure, unless } from "./failure.ts"

export interface Held {
  /** Throws when the lock was held for too long to rely on it. Ask right before what cannot be undone. */
  readonly check: () => void
}

export const staleSeconds = 5
/** How long to wait for a lock, which is held for the time of a few system calls. */
const patienceSeconds = 3

const queues = new Map<string, Promise<unknown>>()

/** Runs `work` while nobody else has the lock. @throws {FileFailure} `LOCKED` */
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
    // Later it may be somebody else's.
    if (performance.now() < trustedUntil) await fs.rm(path, { force: true })
  }
}

const taken = async (path: string): Promise<boolean> => {
  const handle = await unless(["EEXIST"], fs.open(path, "wx", 0o600))
  await handle?.close()
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
  // Somebody else was quicker to break it, and this is the next one's: it goes back.
  if (moved.ino !== found.ino || moved.mtimeMs !== found.mtimeMs) await unless(["EEXIST"], fs.link(aside, path))
  await fs.rm(aside, { force: true })
}
