/** The file of one session: what it is called, and how it is read and written. */
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { join } from "node:path"
import { forwardingSeconds } from "../../../core/session/forwarding.ts"
import * as SessionKey from "../../../core/session/key.ts"
import { type EndSettings, endsAt } from "../unverified-text.ts"
import { FileFailure, unless } from "./failure.ts"

export interface Folder extends EndSettings {
  readonly directory: string
  /** SESSION_COOKIE_NAME: what the names of session files begin with. */
  readonly cookieName: string
}

export interface SessionFile {
  readonly text: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Room for the prefix and the suffix of a temporary file in a name of 255 bytes. */
const longestKey = 128

/** Anything else is no file's name: Django calls it suspicious. */
export const isStorable = (key: SessionKey.SessionKey): boolean =>
  key.length <= longestKey && /^[a-z0-9]+$/.test(key) && !isForwarding(key)

export const pathOf = ({ cookieName, directory }: Folder, key: SessionKey.SessionKey): string =>
  join(directory, cookieName + key)

export const lockOf = ({ cookieName, directory }: Folder, key: SessionKey.SessionKey): string =>
  join(directory, `.latchkey-lock-${cookieName}${key}`)

const isForeign = (uid: number): boolean => process.getuid !== undefined && uid !== process.getuid()

/** What this process can hold as one text. How much JSON a session may have is for the application to say. */
const maximumBytes = 256 * 1024 * 1024

/** Absent: no file, or no regular one; links are not followed. @throws {FileFailure} when the directory is gone, or the file too large */
export const read = async (folder: Folder, path: string): Promise<SessionFile | undefined> => {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await unless(["ENOENT", "ELOOP", "ENXIO"], fs.open(path, flags))
  if (handle === undefined) {
    if ((await unless(["ENOENT"], fs.stat(folder.directory))) !== undefined) return undefined
    throw new FileFailure({ code: "NO_DIRECTORY" })
  }
  try {
    const stat = await handle.stat()
    // What another user of the machine put there is no session.
    if (!stat.isFile() || isForeign(stat.uid)) return undefined
    if (stat.size > maximumBytes) throw new FileFailure({ code: "TOO_LARGE" })
    const text = await handle.readFile("latin1")
    return { text, expiresAt: endsAt(text, folder, Math.round(stat.mtimeMs)) }
  } finally {
    await handle.close()
  }
}

/**
 * Writes a file beside, whole and on disk, and puts it in place by `place`. Nothing is left behind where that fails.
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
  // What the file's time must be for the session to end when it should: now, wherever data and policy say the same.
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
    await fs.rm(temporary, { force: true })
  }
}

// ---- where a session went that was moved -------------------------------------------------------------------------

/** What stands in the name of a file before the old key. No engine draws a key that begins like that. */
const forwarding = "latchkeymoved"

const isForwarding = (key: string): boolean => key.startsWith(forwarding)

/**
 * The file that says where the session went that had this key. It is named like a session's file and as old as can be,
 * so a Django takes it for an expired session: its `clearsessions` removes it.
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

/** @returns the new key of a session that was moved; `undefined` for any other */
export const readForwarding = async (
  folder: Folder,
  from: string,
  now: number
): Promise<SessionKey.SessionKey | undefined> => {
  const file = await read(folder, forwardingOf(folder, from))
  const [, until, to] = /^([0-9]+):(.*)$/s.exec(file?.text ?? "") ?? []
  return Number(until) > now ? SessionKey.parse(to) : undefined
}

/** @returns the old key, where the rest of a file's name says that it is such a file */
export const forwardedFrom = (rest: string): string | undefined =>
  isForwarding(rest) && /^[a-z0-9]+$/.test(rest) ? rest.slice(forwarding.length) : undefined
