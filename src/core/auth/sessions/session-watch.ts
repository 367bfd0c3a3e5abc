/**
 * Whether a connection that was opened with a session may stay open. The session is read again at intervals.
 *
 * | the session now              | the connection                                                        |
 * | ---------------------------- | --------------------------------------------------------------------- |
 * | has the same user            | stays                                                                 |
 * | has another user, or none    | `ended`                                                               |
 * | cannot be read (an outage)   | stays; `unverified` once it was not read for `graceSeconds` or longer |
 *
 * A reading that does not answer in time is an outage.
 */

/** What is known about the session of a connection. */
export interface Watched {
  /** The user at the first reading, as text; `undefined` until then. */
  readonly user: string | undefined
  /** When the last reading that succeeded was begun, or the watch, in milliseconds. */
  readonly verifiedAt: number
}

/** A reading of the session. `user` is `undefined` if no user is logged in. */
export type Reading = { readonly _tag: "Read"; readonly user: string | undefined } | { readonly _tag: "Outage" }

/** Why a connection has to end: its login is over, or could not be verified for too long. */
export type SessionEnd = "ended" | "unverified"

/** When a reading was begun, and when it ended, in milliseconds. */
export interface ReadingTime {
  readonly begunAt: number
  readonly now: number
}

/** Decides by the table above. The times are of the clock of `verifiedAt`. */
export const watch = (
  watched: Watched,
  reading: Reading,
  { begunAt, now }: ReadingTime,
  graceSeconds: number
): Watched | SessionEnd => {
  if (reading._tag === "Outage") return now - watched.verifiedAt >= graceSeconds * 1000 ? "unverified" : watched
  const { user } = reading
  if (user === undefined || (watched.user !== undefined && watched.user !== user)) return "ended"
  return { user, verifiedAt: begunAt }
}
