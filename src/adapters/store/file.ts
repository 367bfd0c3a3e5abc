/**
 * Sessions in files, in the layout of Django's `file` engine: the names, the texts and the mode of the files are its
 * own, so that a Django on the same directory shares them.
 *
 * Processes that use this store take turns at each session. A Django beside does not: when its logout falls between our
 * last look at a file and the one `rename` that follows, the session comes back. Django ends its own sessions with a
 * numeric `_session_expiry` only when they are cleared; here that counts from when the file was written.
 *
 * @module latchkey/file
 */
import { statSync } from "node:fs"
import { tmpdir } from "node:os"
import { ConfigurationInvalid } from "../interpreter/errors.ts"
import type { SessionStore } from "../interpreter/ports.ts"
import { checkOptions, type Kinds, number, string } from "../option-kinds.ts"
import { makeSessions } from "./file/sessions.ts"
import { toldClock } from "./told-clock.ts"

export { FileFailure } from "./file/failure.ts"

export interface FileOptions {
  /**
   * SESSION_FILE_PATH: it must exist. The system's directory for temporary files, which others may list: a directory of
   * your own with the mode 0700 is better.
   */
  readonly directory?: string
  /** SESSION_COOKIE_NAME, `sessionid`: what the names of files begin with. */
  readonly cookieName?: string
  /** SESSION_COOKIE_AGE, 1209600: after that a file is no session any more, unless its data says otherwise. */
  readonly cookieAgeSeconds?: number
}

const kinds: Kinds<FileOptions> = { directory: string, cookieName: string, cookieAgeSeconds: number }

/**
 * A session store in one directory. A session key outside `a-z0-9`, which no engine ever draws, names no session.
 *
 * @throws {ConfigurationInvalid} also when there is no such directory
 */
export const fileSessions = (options: FileOptions = {}): SessionStore => {
  checkOptions(options, kinds)
  const { cookieAgeSeconds = 1_209_600, cookieName = "sessionid", directory = tmpdir() } = options
  const isDirectory = statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false
  const problems = [
    ...(isDirectory ? [] : ["directory: there is none of that name"]),
    ...(/^[^/\0]{1,64}$/.test(cookieName) ? [] : ["cookieName: cannot begin the name of a file"]),
    ...(cookieAgeSeconds > 0 ? [] : ["cookieAgeSeconds: must be positive"])
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  if (othersMayList(directory))
    console.warn(
      "latchkey: fileSessions.directory may be listed by every user of this machine, and the names of session files are " +
        "the keys of the sessions; write a directory with the mode 0700"
    )
  const clock = toldClock()
  return {
    ...makeSessions({ directory, cookieName, cookieAgeSeconds, timeZone: clock.timeZone }),
    cookieName,
    setClock: clock.set
  }
}

/** Windows knows no such mode: what Node says there of a folder means nothing. */
const othersMayList = (directory: string): boolean =>
  process.platform !== "win32" && (statSync(directory).mode & 0o004) !== 0
