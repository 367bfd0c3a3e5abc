/** The table of distributed databases in `docs/statements.md` names what the statements on that page need. */
import { describe, expect, it } from "vitest"
import { readPage } from "../adapters/store/postgres/statements-page.ts"
import { read } from "./pages.ts"

const page = read("docs/statements.md")
const sections = readPage(page)

const recorded = "Sessions, with the option `userSessions`"
const moves = ["give a session a new key at a login", "give a session a new key, and forward a logout with the old one"]

/** What not every database that speaks PostgreSQL's protocol has: where the table says so, and which sections need it. */
const needs: ReadonlyArray<readonly [row: string, needed: RegExp, sections: ReadonlyArray<string>]> = [
  [
    "one `DELETE` and one `INSERT` of `django_session`",
    /gone AS \( ?(DELETE|UPDATE).*put AS \( ?INSERT/,
    [...moves.flatMap(inBoth), `${recorded}: give a session without a user a new key`]
  ],
  [
    "`FOR UPDATE SKIP LOCKED`",
    /SKIP LOCKED/,
    [
      "Sessions: remove expired sessions",
      `${recorded}: remove expired sessions, and records without a session`,
      "Throttle: remove forgotten keys"
    ]
  ],
  ["`FOR KEY SHARE`", /FOR KEY SHARE/, [`${recorded}: record that a session is used`, "Permissions and groups"]],
  [
    "a range of an index with `varchar_pattern_ops`",
    /~<~|~>=~/,
    [`${recorded}: list the sessions of a user`, `${recorded}: remove expired sessions, and records without a session`]
  ],
  ["`pg_advisory_xact_lock`", /pg_advisory/, ["Create the tables", "Users"]],
  [
    "`txid_current()`",
    /txid_current\(/,
    [
      "Throttle: count an attempt on a known device, or without a user name",
      "Throttle: count an attempt with a user name"
    ]
  ],
  ["`DO` with PL/pgSQL", /\bDO \$/, ["Create the tables"]]
]

function inBoth(title: string): ReadonlyArray<string> {
  return [`Sessions: ${title}`, `${recorded}: ${title}`]
}

const sectionsWith = (needed: RegExp): ReadonlyArray<string> =>
  sections.flatMap(({ statements, title }) => (statements.some((text) => needed.test(text)) ? [title] : []))

describe("the table of distributed databases", () => {
  it.each(needs)("has %s, and this need is in the sections that it names", (row, needed, expected) => {
    expect(page).toContain(`\n| ${row}`)
    expect(sectionsWith(needed).toSorted()).toEqual(expected.toSorted())
  })

  it("says which operations are transactions", () => {
    expect(sectionsWith(/^begin/i)).toEqual(["Users", "Permissions and groups"])
    expect(page).toContain(
      "`createTables`, a change that must keep an e-mail address unique, and `permissions.together`"
    )
  })

  it("names the option without which a list of keys is joined", () => {
    for (const title of sectionsWith(/json_to_recordset/)) expect(title).toContain("asked for at the same time")
    expect(page).toContain("batchReads: false")
  })
})
