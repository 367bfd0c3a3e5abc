/** The options for the records of users' sessions. */
import type { Visitor } from "../../../core/effect.ts"
import { header, type RequestHead } from "../../../core/http/request/request-head.ts"
import type { UserSessionSettings } from "../../../core/session/value/session-settings.ts"
import * as SessionRecord from "../../../core/session/writing/session-record.ts"
import { boolean, type Kinds, number, object, optionProblems } from "../../options/option-kinds.ts"
import type { SessionStore } from "../../ports/session-store.ts"
import { problem } from "./problem.ts"

/** What is recorded of the sessions of users. */
export interface UserSessionOptions {
  /**
   * How often a request that only reads its session writes that the session was used, in seconds. Default 300, five
   * minutes. `0`: on every request.
   */
  readonly intervalSeconds?: number
  /** Whether the IP address of the client is recorded, as the option `clientAddress` returns it. Default true. */
  readonly clientAddress?: boolean
  /** Whether the header `User-Agent` is recorded, at most 512 characters. Default true. */
  readonly userAgent?: boolean
}

const kinds: Kinds<UserSessionOptions> = { intervalSeconds: number, clientAddress: boolean, userAgent: boolean }

const fiveMinutes = 300

export const userSessionProblems = (
  options: UserSessionOptions | undefined,
  store: SessionStore
): ReadonlyArray<string> =>
  options === undefined || !object.accepts(options)
    ? []
    : [
        ...optionProblems(options, kinds, "userSessions."),
        ...problem(
          store.userSessions === undefined,
          "userSessions: the session store does not record the sessions of users; write userSessions: true among its options, as in postgres({ url, userSessions: true })"
        ),
        ...problem(
          typeof options.intervalSeconds === "number" && !(options.intervalSeconds >= 0),
          "userSessions.intervalSeconds must be 0 or more"
        )
      ]

/** The core's settings, if the store records the sessions of users. */
export const userSessionSettings = (
  { intervalSeconds = fiveMinutes }: UserSessionOptions = {},
  store: SessionStore
): UserSessionSettings | undefined => (store.userSessions === undefined ? undefined : { intervalSeconds })

/** The client of a request, without what the application does not want recorded. */
export const visitorOf =
  (
    { clientAddress: recordsAddress = true, userAgent: recordsAgent = true }: UserSessionOptions = {},
    clientAddress: (head: RequestHead) => string | undefined
  ): ((head: RequestHead) => Visitor) =>
  (head) =>
    SessionRecord.visitorOf(
      recordsAddress ? clientAddress(head) : undefined,
      recordsAgent ? header(head, "user-agent") : undefined
    )
