/**
 * Mistakes of an application that clients can trigger as often as they like, such as a form whose handler does not
 * check the CSRF token, or a host that a setting does not list. Each mistake is reported only once, so that no client
 * can fill the log.
 */

export type Report = (error: unknown) => void

export type Mistake = "Form" | "Host"

/**
 * What was reported, for each `report` function. Such a function exists as long as its application; the default one as
 * long as the process.
 */
const reported = new WeakMap<Report, Record<Mistake, Set<string>>>()

/** Clients choose paths and hosts. After this many, no more are remembered, and no more are reported. */
const mostSubjects = 100

/** Whether this has not been reported to this function yet. Remembers it as reported. */
export const isFirstReport = (report: Report, mistake: Mistake, subject: string): boolean => {
  const mistakes = reported.get(report) ?? { Form: new Set(), Host: new Set() }
  reported.set(report, mistakes)
  const subjects = mistakes[mistake]
  if (subjects.has(subject) || subjects.size >= mostSubjects) return false
  subjects.add(subject)
  return true
}
