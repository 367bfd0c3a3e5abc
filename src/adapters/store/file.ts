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

export { FileFailure } from "./file/failure.ts"

export interface FileOptions {
  /** SESSION_FILE_PATH: it must exist. The system's directory for temporary files. */
  readonly directory?: string
  /** SESSION_COOKIE_NAME, `sessionid`: what the names of files begin with. */
  readonly cookieName?: string
  /** SESSION_COOKIE_AGE, 1209600: after that a file is no session any more, unless its data says otherwise. */
  readonly cookieAgeSeconds?: number
  /** TIME_ZONE, `UTC`: the application's `timeZone`, where a Django without USE_TZ uses the same files. */
  readonly timeZone?: string
}

const kinds: Kinds<FileOptions> = { directory: string, cookieName: string, cookieAgeSeconds: number, timeZone: string }

/**
 * A session store in one directory. A session key outside `a-z0-9`, which no engine ever draws, names no session.
 *
 * @throws {ConfigurationInvalid} also when there is no such directory
 */
export const fileSessions = (options: FileOptions = {}): SessionStore => {
  checkOptions(options, kinds)
  const { cookieAgeSeconds = 1_209_600, cookieName = "sessionid", directory = tmpdir(), timeZone = "UTC" } = options
  const isDirectory = statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false
  const problems = [
    ...(isDirectory ? [] : ["directory: there is none of that name"]),
    ...(/^[^/\0]{1,64}$/.test(cookieName) ? [] : ["cookieName: cannot begin the name of a file"]),
    ...(cookieAgeSeconds > 0 ? [] : ["cookieAgeSeconds: must be positive"])
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  return { ...makeSessions({ directory, cookieName, cookieAgeSeconds, timeZone }), cookieName }
}
