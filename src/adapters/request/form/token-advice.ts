/** The warning to the developer if a request is refused because it has no right CSRF token. */
import type { AuthServices } from "../scope/services.ts"

/** The applications that have already got the warning. */
const warned = new WeakSet<object>()

/**
 * Warns once per application, and never in production, where clients choose what they send. The response has only the
 * reason, as Django's has.
 *
 * @param reason what was wrong with the token; nothing of the request
 */
export const adviseOnToken = <User extends object>(services: AuthServices<User>, reason: string): void => {
  if (process.env["NODE_ENV"] === "production" || warned.has(services)) return
  warned.add(services)
  const { cookie, useSessions } = services.settings.csrf
  const together = useSessions ? "" : ", with the cookie that came with it"
  const again = useSessions || cookie.httpOnly ? "" : `, or read the cookie ${cookie.name} before each request`
  console.warn(
    `latchkey: a request was refused: ${reason} Send the token of getCsrfToken() in the field csrfmiddlewaretoken or ` +
      `in the header ${services.csrf.headerName}${together}. A login changes the token: get a new one after ` +
      `it${again}. For clients that are not browsers: csrfExempt.`
  )
}
