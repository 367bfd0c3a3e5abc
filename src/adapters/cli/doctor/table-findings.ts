/** Judges the tables of a PostgreSQL database. */
import type { PostgresFacts, TableFacts } from "../../ports/diagnosis.ts"
import type { Finding } from "./finding.ts"

const effects = {
  sessions: "every request that reads the session is answered with 503",
  users: "no user can log in, and pages that need the user are answered with 503",
  permissions: "permission checks are answered with 503, and permissions cannot be granted",
  userSessions: "no user can log in: logins and changes of sessions are answered with 503",
  throttle: "no user can log in: logins are answered with 503"
} satisfies Record<TableFacts["of"], string>

/** With a user table of its own, an application may do without groups and permissions. */
const severityOf = ({ isOptional }: TableFacts) =>
  isOptional
    ? ({ severity: "warning", confidence: "possible" } as const)
    : ({ severity: "error", confidence: "certain" } as const)

export const tableFindings = ({ tables }: Pick<PostgresFacts, "tables">): ReadonlyArray<Finding> =>
  tables.flatMap((table) => [...absent(table), ...ambiguous(table), ...columns(table), ...indexes(table)])

/** The function with the options of a table. */
const madeBy = ({ of }: TableFacts): string => (of === "throttle" ? "postgresThrottle()" : "postgres()")

const absent = (table: TableFacts): ReadonlyArray<Finding> => {
  if (table.schema !== undefined) return []
  const elsewhere = table.otherSchemas
  return [
    {
      code: elsewhere.length > 0 ? "table.other-schema" : "table.missing",
      ...severityOf(table),
      problem:
        elsewhere.length > 0
          ? `statements do not find the table ${table.name}, but there is one in the schema ${elsewhere.join(", ")}`
          : `there is no table ${table.name}`,
      effect: effects[table.of],
      remedy:
        elsewhere.length > 0
          ? `write the option schema: "${elsewhere[0]}" of ${madeBy(table)}, or change the search_path of the login`
          : `run \`npx latchkey migrate\`, or name the table in the options of ${madeBy(table)}`
    }
  ]
}

const ambiguous = ({ name, of, otherSchemas, schema }: TableFacts): ReadonlyArray<Finding> =>
  schema === undefined || otherSchemas.length === 0 || name.includes(".") || of === "permissions" || of === "throttle"
    ? []
    : [
        {
          code: "table.ambiguous",
          severity: "warning",
          problem: `the table ${name} is used from the schema ${schema}, and there is another one in ${otherSchemas.join(", ")}`,
          effect: "a login with another search_path would see other users and sessions",
          remedy: `write the option schema: "${schema}" of postgres(), so that search_path does not decide`,
          confidence: "possible"
        }
      ]

const columns = (table: TableFacts): ReadonlyArray<Finding> =>
  table.missingColumns.length === 0
    ? []
    : [
        {
          code: "table.columns",
          ...severityOf(table),
          problem: `the table ${table.name} has no column ${table.missingColumns.join(", ")}`,
          effect: effects[table.of],
          remedy: columnsRemedy(table.of)
        }
      ]

const columnsRemedy = (of: TableFacts["of"]): string => {
  switch (of) {
    case "users":
      return "name the columns of your table in users.columns; write false for one that it does not have"
    case "userSessions":
      return "run `npx latchkey migrate`, which converts a table of an earlier version, or name another table"
    default:
      return "add the columns, or name another table"
  }
}

const indexes = ({ missingIndexes, name, of }: TableFacts): ReadonlyArray<Finding> =>
  missingIndexes.map(
    ({ column, isForLike, isUnique }): Finding =>
      isUnique
        ? {
            ...{ code: "table.not-unique", severity: "error", confidence: "certain" },
            problem: `the table ${name} has no unique constraint on ${column}`,
            effect: withoutUnique[of],
            remedy: `ALTER TABLE ${name} ADD UNIQUE ("${column}")`
          }
        : {
            ...{ code: "table.no-index", severity: "warning", confidence: "certain" },
            problem: `the table ${name} has no index ${isForLike ? "for LIKE " : ""}on ${column}`,
            effect: isForLike
              ? "lists of a user's sessions, and the removal of records without a session, read the whole table"
              : withoutIndex[of],
            remedy: `CREATE INDEX CONCURRENTLY ON ${name} ("${column}"${isForLike ? " varchar_pattern_ops" : ""})`
          }
  )

const withoutUnique = {
  sessions: "sessions cannot be written: such requests are answered with 503",
  users: "two users may get the same name, and one of them logs in as the other",
  permissions: effects.permissions,
  userSessions: effects.userSessions,
  throttle: effects.throttle
} satisfies Record<TableFacts["of"], string>

const withoutIndex = {
  sessions: "the removal of expired sessions reads the whole table",
  users: "logins read the whole table",
  permissions: "permission checks read the whole table",
  userSessions: "lists of a user's sessions read the whole table",
  throttle: "the removal of forgotten failures reads the whole table"
} satisfies Record<TableFacts["of"], string>
