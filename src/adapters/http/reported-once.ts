/**
 * Mistakes of an application that every client can show again at will: each is reported once, so that no client fills
 * a log. A form whose handler does not check its token is one, a host that a setting does not name another.
 */

export type Report = (error: unknown) => void

export type Mistake = "Form" | "Host"

/** By the function that is told. It lives as long as the application, or the process where it is the default. */
const told = new WeakMap<Report, Record<Mistake, Set<string>>>()

/** Clients choose paths and hosts: beyond so many nothing more is remembered, and nothing more is told. */
const mostSubjects = 100

/** Whether this function has not been told of this before. Remembers that it has been now. */
export const isNews = (report: Report, mistake: Mistake, subject: string): boolean => {
  const mistakes = told.get(report) ?? { Form: new Set(), Host: new Set() }
  told.set(report, mistakes)
  const subjects = mistakes[mistake]
  if (subjects.has(subject) || subjects.size >= mostSubjects) return false
  subjects.add(subject)
  return true
}
