/**
 * Sessions in files, in the layout of Django's `file` engine. Names, contents and mode of the files are the same, so a
 * Django that uses the same directory shares the sessions.
 *
 * Processes that use this store lock a session while they change it. Django does not use these locks. If Django's
 * logout happens between the last check of a file here and the `rename` that follows, the session exists again. Django
 * ends a session with a numeric `_session_expiry` only when expired sessions are cleared; here the expiry counts from
 * the time the file was written.
 *
 * @module latchkey/file
 */
import { statSync } from "node:fs"
import { tmpdir } from "node:os"
import { ConfigurationInvalid } from "../errors/errors.ts"
import { checkOptions, type Kinds, number, string } from "../options/option-kinds.ts"
import type { SessionStore } from "../ports/session-store.ts"
import { makeSessions } from "./file/file-sessions.ts"
import { settableClock } from "./store-clock.ts"

export { FileFailure } from "./file/file-failure.ts"

/** The options of {@link fileSessions}. */
export interface FileOptions {
  /**
   * SESSION_FILE_PATH. The directory must exist. Default: the system's directory for temporary files. Other users may
   * be able to list that one, so a directory of your own with mode 0700 is better.
   */
  readonly directory?: string
  /** SESSION_COOKIE_NAME, the start of the files' names. Default: `sessionid`. */
  readonly cookieName?: string
  /**
   * SESSION_COOKIE_AGE in seconds: the session in a file expires after that, unless its data sets another expiry.
   * Default: 1209600.
   */
  readonly cookieAgeSeconds?: number
}

const kinds: Kinds<FileOptions> = { directory: string, cookieName: string, cookieAgeSeconds: number }

/**
 * A session store in one directory. A session key with characters outside `a-z0-9` names no session; no engine makes
 * such keys.
 *
 * @throws {ConfigurationInvalid} also if the directory does not exist
 */
export const fileSessions = (options: FileOptions = {}): SessionStore => {
  checkOptions(options, kinds)
  const { cookieAgeSeconds = 1_209_600, cookieName = "sessionid", directory = tmpdir() } = options
  const isDirectory = statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false
  const problems = [
    ...(isDirectory ? [] : ["directory: there is no such directory; create it, or name another one"]),
    ...(/^[^/\0]{1,64}$/.test(cookieName)
      ? []
      : ["cookieName: must have 1 to 64 characters that a file name may contain"]),
    ...(cookieAgeSeconds > 0 ? [] : ["cookieAgeSeconds: must be positive"])
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  if (othersMayList(directory))
    console.warn(
      "latchkey: fileSessions.directory may be listed by every user of this machine, and the names of session files are " +
        "the keys of the sessions; write a directory with the mode 0700"
    )
  const clock = settableClock()
  return {
    ...makeSessions({ directory, cookieName, cookieAgeSeconds, timeZone: clock.timeZone }),
    cookieName,
    setClock: clock.set
  }
}

/** Windows has no such mode, and the mode that Node reports there for a directory means nothing. */
const othersMayList = (directory: string): boolean =>
  process.platform !== "win32" && (statSync(directory).mode & 0o004) !== 0
