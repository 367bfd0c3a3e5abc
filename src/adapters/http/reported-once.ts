/**
 * What is worth one line in a log, and which a client could repeat at will: the mistake of a handler that every form
 * sent to it shows again.
 */

export type Report = (error: unknown) => void

/** By the function that is told. It lives as long as the application, or the process where it is the default. */
const told = new WeakMap<Report, Set<string>>()

/** Clients choose paths: beyond so many nothing more is remembered, and nothing more is told. */
const mostSubjects = 100

/** Whether this function has not been told of this subject before. Remembers that it has been now. */
export const isNews = (report: Report, subject: string): boolean => {
  const subjects = told.get(report) ?? new Set()
  told.set(report, subjects)
  if (subjects.has(subject) || subjects.size >= mostSubjects) return false
  subjects.add(subject)
  return true
}
