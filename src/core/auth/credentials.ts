import type { CleanedCredentials } from "../effect.ts"

/** What somebody offers to prove who they are. Never part of a state or an effect. */
export type Credentials = Readonly<Record<string, unknown>>

const sensitive = /api|token|key|secret|password|signature/i
const masked = "*".repeat(20)

/**
 * Credentials fit for signals and logs: what has a secret-sounding name, anywhere in it, is twenty asterisks.
 *
 * @see Django: django.contrib.auth._clean_credentials
 */
export const clean = (credentials: Credentials): CleanedCredentials =>
  Object.fromEntries(Object.entries(credentials).map(([name, value]) => [name, sensitive.test(name) ? masked : value]))
