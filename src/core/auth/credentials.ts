import type { CleanedCredentials } from "../effect.ts"

/** What a client sends to prove who it is, such as user name and password. Never part of a state or an effect. */
export type Credentials = Readonly<Record<string, unknown>>

const sensitive = /api|token|key|secret|password|signature/i
const masked = "*".repeat(20)

/**
 * Credentials that may go into signals and logs: a value is replaced by twenty asterisks if its name contains a word
 * such as `password`, `token` or `key`.
 *
 * @see Django: django.contrib.auth._clean_credentials
 */
export const clean = (credentials: Credentials): CleanedCredentials =>
  Object.fromEntries(Object.entries(credentials).map(([name, value]) => [name, sensitive.test(name) ? masked : value]))
