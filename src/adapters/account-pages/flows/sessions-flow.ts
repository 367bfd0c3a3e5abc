/** The sessions of the user: where the user is logged in, with a button for each session that ends it. */
import { endSessionForm, type FormProblems, fieldMissing, submit } from "../../../core/accounts/forms/account-form.ts"
import type { PageSession } from "../../../core/accounts/pages/account-page.ts"
import type { UserSession } from "../../../core/auth/sessions/listed-sessions.ts"
import { type Flow, goTo, pagePath, showForm } from "../visit/visit.ts"

/**
 * GET lists. POST ends the session in the field `session`, or all other sessions if the field is empty, and redirects
 * to `next` or to the list.
 */
export const sessions: Flow = async (visit) => {
  const { auth, context, field, form, settings } = visit
  if (auth.recordsLogins) await context.requireRecentLogin(settings.recentLoginSeconds)
  else await context.requireUser()
  const list = async (problems?: FormProblems) => {
    const listed = await context.listSessions()
    return showForm("sessions", endSessionForm, undefined, problems, { sessions: listed.map(shown) })
  }
  if (form === undefined) return list()
  // A form without the field is a mistake of a client, which must not end every other session.
  if (field("session") === undefined) return list({ session: [fieldMissing] })
  const { problems, values } = submit(endSessionForm, field)
  const id = values.session
  if (id === undefined) return list(problems)
  if (id === "") await context.endOtherSessions()
  else await context.endSession(id)
  return goTo(context.redirectToNext(pagePath(visit, "sessions"), form).location)
}

export const shown = ({
  clientAddress,
  current,
  id,
  isBound,
  seenAt,
  startedAt,
  userAgent
}: UserSession): PageSession => ({
  id,
  isCurrent: current,
  createdAt: startedAt,
  lastSeenAt: seenAt,
  address: clientAddress,
  userAgent,
  isBound
})
