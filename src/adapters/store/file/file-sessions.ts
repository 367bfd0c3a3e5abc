/** Sessions in files, in the layout of Django's `file` engine. */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { CommitAnswer, LoadSessionAnswer, SessionChange } from "../../../core/effect.ts"
import * as SessionKey from "../../../core/session-key.ts"
import { StoreUnavailable } from "../../errors/errors.ts"
import type { SessionStore } from "../../ports/session-store.ts"
import { type Held, withLock } from "./directory-lock.ts"
import { fromCause, unless } from "./file-failure.ts"
import {
  type Folder,
  forwardedFrom,
  forwardingOf,
  isStorable,
  lockOf,
  pathOf,
  read,
  readForwarding,
  write,
  writeForwarding
} from "./session-file.ts"

type Move = Extract<SessionChange, { readonly _tag: "Move" }>

const absent: LoadSessionAnswer = { _tag: "SessionAbsent" }
const gone: CommitAnswer = { _tag: "Gone" }
const keyTaken: CommitAnswer = { _tag: "KeyTaken" }
const deleted: CommitAnswer = { _tag: "Deleted" }

/** The age after which temporary files and lock files are removed. A process that died may have left them. */
const leftoverSeconds = 3600

export const makeSessions = (folder: Folder): SessionStore => {
  const load = async (key: SessionKey.SessionKey, now: number): Promise<LoadSessionAnswer> => {
    const file = isStorable(key) ? await read(folder, pathOf(folder, key)) : undefined
    if (file === undefined) return absent
    return file.expiresAt <= now
      ? { _tag: "SessionExpired", text: file.text }
      : { _tag: "SessionFound", text: file.text, prefetched: undefined }
  }

  const commit = async (change: SessionChange, now: number): Promise<CommitAnswer> => {
    switch (change._tag) {
      case "Insert": {
        const { expiresAt, key, text } = change
        if (!isStorable(key)) return keyTaken
        return (await putNew(pathOf(folder, key), text, expiresAt, now)) ? { _tag: "Committed", key, text } : keyTaken
      }
      case "Update": {
        const { expiresAt, key, text, was } = change
        if (!isStorable(key)) return gone
        const path = pathOf(folder, key)
        return withLock(lockOf(folder, key), async ({ check }) => {
          const present = await read(folder, path)
          if (present === undefined) return gone
          if (was !== undefined && present.text !== was) return { _tag: "Changed", text: present.text }
          await write(folder, path, { text, expiresAt }, now, (temporary) => {
            check()
            return fs.rename(temporary, path)
          })
          return { _tag: "Committed", key, text }
        })
      }
      case "Move": {
        const { expiresAt, from, ifGone, text, to } = change
        if (!isStorable(to)) return keyTaken
        if (isStorable(from)) return withLock(lockOf(folder, from), (held) => move(change, now, held))
        return ifGone === "Insert" ? commit({ _tag: "Insert", key: to, text, expiresAt }, now) : gone
      }
      case "Delete": {
        const { key } = change
        if (!isStorable(key)) return deleted
        return withLock(lockOf(folder, key), async () => {
          if (!(await remove(pathOf(folder, key)))) await fs.stat(folder.directory)
          const to = await readForwarding(folder, key, now)
          return to === undefined ? deleted : { _tag: "Moved", to }
        })
      }
      default:
        return change satisfies never
    }
  }

  /**
   * Writes the new file first, under a key that no client knows. If the old file cannot be removed, the new one is
   * removed.
   */
  const move = async (change: Move, now: number, { check }: Held): Promise<CommitAnswer> => {
    const { expiresAt, forwards, from, ifGone, text, to, was } = change
    const present = await read(folder, pathOf(folder, from))
    const next = present === undefined && was === undefined ? await readForwarding(folder, from, now) : undefined
    if (next !== undefined) return { _tag: "Moved", to: next }
    if (present === undefined && ifGone === "Refuse") return gone
    if (present !== undefined && was !== undefined && present.text !== was)
      return { _tag: "Changed", text: present.text }
    if (!(await putNew(pathOf(folder, to), text, expiresAt, now))) return keyTaken
    const isForwarded = present !== undefined && forwards === true
    const undo = async () => {
      await fs.rm(pathOf(folder, to), { force: true })
      if (isForwarded) await fs.rm(forwardingOf(folder, from), { force: true })
    }
    try {
      if (isForwarded) await writeForwarding(folder, from, to, now)
      check()
      // Only a process that does not use the locks can have removed it in the meantime.
      const removed = present === undefined || (await remove(pathOf(folder, from)))
      if (removed || ifGone === "Insert") return { _tag: "Committed", key: to, text }
    } catch (cause) {
      await undo()
      throw cause
    }
    await undo()
    return gone
  }

  /** @returns whether the name was free */
  const putNew = (path: string, text: string, expiresAt: number, now: number): Promise<boolean> =>
    write(folder, path, { text, expiresAt }, now, async (temporary) => {
      const linked = await unless(
        ["EEXIST"],
        fs.link(temporary, path).then(() => true)
      )
      return linked ?? false
    })

  const clearExpired = async (now: number, limit = Number.POSITIVE_INFINITY): Promise<number> => {
    let cleared = 0
    for await (const { name } of await fs.opendir(folder.directory)) {
      const key = keyOf(folder, name)
      if (key === undefined) await clearLeftover(name, now)
      else if (await hasExpired(key, now)) {
        const path = pathOf(folder, key)
        const removed = await withLock(
          lockOf(folder, key),
          async () => (await hasExpired(key, now)) && (await remove(path))
        )
        if (removed && ++cleared >= limit) break
      }
    }
    return cleared
  }

  const countExpired = async (now: number): Promise<number> => {
    let expired = 0
    for await (const { name } of await fs.opendir(folder.directory)) {
      const key = keyOf(folder, name)
      if (key !== undefined && (await hasExpired(key, now))) expired++
    }
    return expired
  }

  const hasExpired = async (key: SessionKey.SessionKey, now: number): Promise<boolean> => {
    const file = await read(folder, pathOf(folder, key))
    return file !== undefined && file.expiresAt < now
  }

  const clearLeftover = async (name: string, now: number): Promise<void> => {
    const from = forwardedFrom(afterPrefix(folder, name))
    if (from !== undefined) {
      const isOver = (await readForwarding(folder, from, now)) === undefined
      if (isOver) await fs.rm(forwardingOf(folder, from), { force: true })
      return
    }
    const isOurs = name.startsWith(".latchkey-lock-") || /^[a-z0-9]+_out_[0-9a-f]{16}$/.test(afterPrefix(folder, name))
    const path = join(folder.directory, name)
    const stat = isOurs ? await unless(["ENOENT"], fs.lstat(path)) : undefined
    if (stat !== undefined && Date.now() - stat.ctimeMs > leftoverSeconds * 1000) await fs.rm(path, { force: true })
  }

  return {
    // If a process is killed in the middle of a move, both files stay.
    capabilities: { atomicSwap: false, merges: true, revokes: true, sharedWithDjango: true },
    cookieAgeSeconds: folder.cookieAgeSeconds,
    load: (key, now) => attempt("load a session", () => load(key, now)),
    commit: (change, now) => attempt("write a session", () => commit(change, now)),
    clearExpired: (now, limit) => attempt("clear expired sessions", () => clearExpired(now, limit)),
    expiryOf: (key) =>
      attempt("look at a session", async () =>
        isStorable(key) ? (await read(folder, pathOf(folder, key)))?.expiresAt : undefined
      ),
    countExpired: (now) => attempt("count expired sessions", () => countExpired(now))
  }
}

const remove = async (path: string): Promise<boolean> =>
  (await unless(
    ["ENOENT"],
    fs.unlink(path).then(() => true)
  )) ?? false

const afterPrefix = ({ cookieName }: Folder, name: string): string =>
  name.startsWith(cookieName) ? name.slice(cookieName.length) : ""

const keyOf = (folder: Folder, name: string): SessionKey.SessionKey | undefined => {
  const key = SessionKey.parse(afterPrefix(folder, name))
  return key !== undefined && isStorable(key) ? key : undefined
}

const attempt = <A>(operation: string, run: () => Promise<A>): Effect.Effect<A, StoreUnavailable> =>
  Effect.tryPromise({ try: run, catch: (cause) => new StoreUnavailable({ operation, cause: fromCause(cause) }) })
