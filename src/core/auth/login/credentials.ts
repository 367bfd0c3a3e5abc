import type { CleanedCredentials } from "../../effect.ts"

/** What a client sends to prove who it is, such as user name and password. Never part of a state or an effect. */
export type Credentials = Readonly<Record<string, unknown>>

const sensitive = /api|token|key|secret|password|signature/i
const naming: ReadonlyArray<string> = ["username", "email", "remoteUser", "remote_user"]
const masked = "*".repeat(20)

/**
 * Credentials that may go into signals and logs. Only texts that name a user are shown: `username`, `email` and
 * `remoteUser`. Every other value is replaced by twenty asterisks, because a secret may have any name: `code`, `otp`,
 * `ticket`. Django shows these, and masks only names that contain a word such as `password`, `token` or `key`.
 *
 * @param usernameFields further names of fields that hold a user name
 * @see Django: django.contrib.auth._clean_credentials
 */
export const clean = (credentials: Credentials, usernameFields: ReadonlyArray<string> = []): CleanedCredentials =>
  Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => {
      const namesUser = (naming.includes(name) || usernameFields.includes(name)) && !sensitive.test(name)
      return [name, namesUser && typeof value === "string" ? value : masked]
    })
  )
