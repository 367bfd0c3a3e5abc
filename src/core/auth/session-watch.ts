/**
 * Whether a connection that was opened with a session may stay open. The session is read again at intervals.
 *
 * | the session now              | the connection                                                        |
 * | ---------------------------- | --------------------------------------------------------------------- |
 * | has the same user            | stays                                                                 |
 * | has another user, or none    | `ended`                                                               |
 * | cannot be read (an outage)   | stays; `unverified` once it was not read for `graceSeconds` or longer |
 */

/** What is known about the session of a connection. */
export interface Watched {
  /** The user at the first reading, as text; `undefined` until then. */
  readonly user: string | undefined
  /** When the session was last read, or the watch began, in milliseconds. */
  readonly verifiedAt: number
}

/** A reading of the session. `user` is `undefined` if no user is logged in. */
export type Reading = { readonly _tag: "Read"; readonly user: string | undefined } | { readonly _tag: "Outage" }

/** Why a connection has to end: its login is over, or could not be verified for too long. */
export type SessionEnd = "ended" | "unverified"

/** Decides by the table above. @param now milliseconds, on the same clock as `verifiedAt` */
export const watch = (watched: Watched, reading: Reading, now: number, graceSeconds: number): Watched | SessionEnd => {
  if (reading._tag === "Outage") return now - watched.verifiedAt >= graceSeconds * 1000 ? "unverified" : watched
  const { user } = reading
  if (user === undefined || (watched.user !== undefined && watched.user !== user)) return "ended"
  return { user, verifiedAt: now }
}
