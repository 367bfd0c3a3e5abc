/** The change log: users' view of each version. New lines go under "Unreleased". */

const unreleased = "## Unreleased\n"

/**
 * Gives the lines under "Unreleased" a heading of their own.
 *
 * @param date of the release, such as `2026-11-27`
 * @throws {Error} when there is nothing to release, or the version has a section already
 */
export const released = (changelog: string, version: string, date: string): string => {
  if (changelog.includes(`\n## ${version} (`)) throw new Error(`CHANGELOG.md already has a section for ${version}.`)
  const [before = "", after] = changelog.split(unreleased)
  if (after === undefined) throw new Error('CHANGELOG.md has no heading "## Unreleased".')
  const [lines = ""] = after.split(/^## /m)
  if (!/^- /m.test(lines))
    throw new Error('CHANGELOG.md says nothing under "Unreleased": write one line per change that users can see.')
  return `${before}${unreleased}\n## ${version} (${date})\n${after}`
}
