/** What a developer should be told when no backend takes the credentials that `authenticate` was given. */
import type { Backend } from "../backend/backend.ts"

type Backends = ReadonlyMap<string, Pick<Backend<never>, "expects">>

/** Those of applications that have been told. */
const told = new WeakSet<Backends>()

/**
 * Warns once per application, and not in production: clients choose what they send. Nothing of the credentials is in
 * the warning, not even the names of their fields.
 */
export const adviseOnCredentials = (backends: Backends): void => {
  if (process.env["NODE_ENV"] === "production" || told.has(backends)) return
  told.add(backends)
  const expected = Array.from(backends).flatMap(([name, { expects }]) =>
    expects === undefined ? [] : [`${name} expects ${expects}`]
  )
  console.warn(
    `latchkey: authenticate: no backend takes credentials of this form, so there is no such user; ${
      expected.length > 0 ? expected.join("; ") : "backends holds none that takes credentials"
    }`
  )
}
