/** The warning to the developer if no backend accepts credentials of the form that `authenticate` was given. */
import type { Backend } from "../../ports/backend.ts"

type Backends = ReadonlyMap<string, Pick<Backend<never>, "expects">>

/** The applications (by their backends) that have already got the warning. */
const warned = new WeakSet<Backends>()

/**
 * Warns once per application, and never in production, where clients choose the credentials. The warning contains
 * nothing of the credentials, not even the names of their fields.
 */
export const adviseOnCredentials = (backends: Backends): void => {
  if (process.env["NODE_ENV"] === "production" || warned.has(backends)) return
  warned.add(backends)
  const expected = Array.from(backends).flatMap(([name, { expects }]) =>
    expects === undefined ? [] : [`${name} expects ${expects}`]
  )
  console.warn(
    `latchkey: authenticate: no backend accepts credentials of this form, so there is no user; ${
      expected.length > 0 ? expected.join("; ") : "no backend accepts credentials"
    }`
  )
}
