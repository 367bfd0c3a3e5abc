import type { SessionFields } from "../request/session/session-access.ts"
import type { Auth } from "./auth.ts"

/**
 * The user type of an application: `UserOf<typeof auth>`. `auth` is the result of `createAuth`, or a function that
 * returns it.
 */
export type UserOf<Source> =
  Source extends Auth<infer User, infer _Fields extends SessionFields>
    ? User
    : Source extends () => Auth<infer User, infer _Fields extends SessionFields>
      ? User
      : never

/** The schemas of the session's values: `FieldsOf<typeof auth>`, for types such as `AuthContext<User, Fields>`. */
export type FieldsOf<Source> =
  Source extends Auth<infer _User, infer Fields>
    ? Fields
    : Source extends () => Auth<infer _User, infer Fields>
      ? Fields
      : never
