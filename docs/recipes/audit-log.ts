import { createHash } from "node:crypto"
import { auth } from "./auth.ts"
import type { Context } from "./handler.ts"

export const records: Array<string> = []

/** Names a session. The name cannot be turned back into the session key, which is a secret. */
const nameOf = (key: string | undefined): string | undefined =>
  key === undefined ? undefined : createHash("sha256").update(key).digest("base64url").slice(0, 16)

/** One line in ASCII for each event: a user name with a line break or an escape sequence cannot forge another line. */
const record = (event: string, username: unknown, { session }: Context): void => {
  const line = JSON.stringify({ at: new Date().toISOString(), event, username, session: nameOf(session.key()) })
  records.push(line.replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`))
}

auth.on("user_logged_in", ({ user }, context) => record("login", user.username, context), { when: "committed" })
auth.on("user_logged_out", ({ user }, context) => record("logout", user?.username, context))
auth.on("user_login_failed", ({ credentials }, context) => record("login failed", credentials["username"], context))
