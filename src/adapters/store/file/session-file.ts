/** The file of one session: its name, and how it is read and written. */
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { join } from "node:path"
import { forwardingSeconds } from "../../../core/session/writing/forwarding.ts"
import * as SessionKey from "../../../core/session-key.ts"
import { type EndSettings, endsAt } from "../unverified-text.ts"
import { FileFailure, unless } from "./file-failure.ts"

export interface Folder extends EndSettings {
  readonly directory: string
  /** SESSION_COOKIE_NAME: the start of the names of session files. */
  readonly cookieName: string
}

export interface SessionFile {
  readonly text: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** With this length, the prefix and the suffix of a temporary file still fit into a name of 255 bytes. */
const longestKey = 128

/** Whether the key may be part of a file name. For other keys Django raises a SuspiciousOperation. */
export const isStorable = (key: SessionKey.SessionKey): boolean =>
  key.length <= longestKey && /^[a-z0-9]+$/.test(key) && !isForwarding(key)

export const pathOf = ({ cookieName, directory }: Folder, key: SessionKey.SessionKey): string =>
  join(directory, cookieName + key)

export const lockOf = ({ cookieName, directory }: Folder, key: SessionKey.SessionKey): string =>
  join(directory, `.latchkey-lock-${cookieName}${key}`)

const isForeign = (uid: number): boolean => process.getuid !== undefined && uid !== process.getuid()

/** The limit of a text that this process can hold. The application limits how much JSON a session may have. */
const maximumBytes = 256 * 1024 * 1024

/**
 * Reads a session file. Absent if there is no regular file; symbolic links are not followed.
 * @throws {FileFailure} if the directory does not exist, or the file is too large
 */
export const read = async (folder: Folder, path: string): Promise<SessionFile | undefined> => {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await unless(["ENOENT", "ELOOP", "ENXIO"], fs.open(path, flags))
  if (handle === undefined) {
    if ((await unless(["ENOENT"], fs.stat(folder.directory))) !== undefined) return undefined
    throw new FileFailure({ code: "NO_DIRECTORY" })
  }
  try {
    const stat = await handle.stat()
    // A file that another user of the machine has created is not accepted as a session.
    if (!stat.isFile() || isForeign(stat.uid)) return undefined
    if (stat.size > maximumBytes) throw new FileFailure({ code: "TOO_LARGE" })
    const text = await handle.readFile("latin1")
    return { text, expiresAt: endsAt(text, folder, Math.round(stat.mtimeMs)) }
  } finally {
    await handle.close()
  }
}

/**
 * Writes a temporary file completely to disk, then calls `place` to put it in place. Removes the temporary file in the
 * end, also after a failure, if it can be removed.
 *
 * @param now epoch milliseconds
 */
export const write = async <A>(
  folder: Folder,
  path: string,
  { expiresAt, text }: SessionFile,
  now: number,
  place: (temporary: string) => Promise<A>
): Promise<A> => {
  const temporary = `${path}_out_${randomBytes(8).toString("hex")}`
  // The modification time with which the session expires at `expiresAt`. It is `now` if the session's data gives the
  // same expiry.
  const savedAt = now + expiresAt - endsAt(text, folder, now)
  try {
    const handle = await fs.open(temporary, "wx", 0o600)
    try {
      await handle.writeFile(text, "latin1")
      await handle.utimes(savedAt / 1000, savedAt / 1000)
      await handle.sync()
    } finally {
      await handle.close()
    }
    return await place(temporary)
  } finally {
    // If it stays, `clearExpired` removes it later. This failure does not change the result: `place` has succeeded or
    // failed before.
    await fs.rm(temporary, { force: true }).catch(() => {})
  }
}

// ---- the new key of a moved session ------------------------------------------------------------------------------

/** The part of a file name before the old key. No engine makes a session key that begins like that. */
const forwarding = "latchkeymoved"

const isForwarding = (key: string): boolean => key.startsWith(forwarding)

/**
 * The file that stores the new key of a session that had this key. It is named like a session file and has a very old
 * date, so Django treats it as an expired session and its `clearsessions` removes it.
 */
export const forwardingOf = ({ cookieName, directory }: Folder, key: string): string =>
  join(directory, cookieName + forwarding + key)

export const writeForwarding = (
  folder: Folder,
  from: SessionKey.SessionKey,
  to: SessionKey.SessionKey,
  now: number
): Promise<void> => {
  const path = forwardingOf(folder, from)
  const file = { text: `${now + forwardingSeconds * 1000}:${to}`, expiresAt: folder.cookieAgeSeconds * 1000 }
  return write(folder, path, file, now, (temporary) => fs.rename(temporary, path))
}

/** @returns the new key of a session that was moved; `undefined` for all others */
export const readForwarding = async (
  folder: Folder,
  from: string,
  now: number
): Promise<SessionKey.SessionKey | undefined> => {
  const file = await read(folder, forwardingOf(folder, from))
  const [, until, to] = /^([0-9]+):(.*)$/s.exec(file?.text ?? "") ?? []
  return Number(until) > now ? SessionKey.parse(to) : undefined
}

/** @returns the old key, if the rest of the file's name is that of a forwarding file */
export const forwardedFrom = (rest: string): string | undefined =>
  isForwarding(rest) && /^[a-z0-9]+$/.test(rest) ? rest.slice(forwarding.length) : undefined
