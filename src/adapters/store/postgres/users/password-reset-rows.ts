/**
 * Loads users with the values from which their password-reset tokens are made: by id or by e-mail address, in one
 * statement.
 */
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../../errors/errors.ts"
import type { ResettableRow, UserStore } from "../../../ports/user-store.ts"
import type { Client } from "../connection/client.ts"
import { isUnencodable } from "../connection/database-failure.ts"
import { noRows, prepare, type Row } from "../connection/statement.ts"
import { emailColumn, type RowInvalid, type UserTable } from "../tables/user-table.ts"

/**
 * @see Django: django.contrib.auth.forms.PasswordResetForm.get_users
 * @see Django: django.contrib.auth.tokens.PasswordResetTokenGenerator
 */
export const makeResets = <User>(
  client: Client,
  table: UserTable<User>
): Pick<Required<UserStore<User>>, "findForReset"> => {
  const sql = statements(table)

  const read = (row: Row): Effect.Effect<ResettableRow<User>, RowInvalid | "no user"> => {
    const found = table.decode(row)
    if (found === undefined) return Effect.fail("no user")
    return found._tag === "RowInvalid"
      ? Effect.fail(found)
      : Effect.succeed({ ...found.row, lastLoginAt: instantOf(row["reset_login"]), email: textOf(row["reset_email"]) })
  }

  return {
    findForReset: (by) => {
      const statement = "id" in by ? sql.byId(table.parseId(by.id)) : sql.byEmail(by.email)
      if (statement === undefined) return Effect.succeed([])
      return client.run(statement, "repeatable").pipe(
        Effect.catchIf(isUnencodable, () => Effect.succeed(noRows)),
        Effect.flatMap((rows) => Effect.forEach([...rows], read)),
        Effect.mapError((cause) => new StoreUnavailable({ operation: "find users for a password reset", cause }))
      )
    }
  }
}

const statements = <User>(users: UserTable<User>) => {
  const { column, columns, hasId, table } = users
  const email = emailColumn(users)
  const login = column("lastLoginAt")
  const select = `
    SELECT ${columns("u")}, ${login === undefined ? "NULL" : `u.${login}`} AS reset_login,
      ${email === undefined ? "NULL" : `u.${email}`} AS reset_email
    FROM ${table} u`
  const byId = prepare(`${select} WHERE ${hasId("u")}`)
  // Ignores case, as Django's `iexact` does.
  const byEmail = prepare(`${select} WHERE UPPER(u.${email}::text) = UPPER(?)`)
  return {
    byId: (id: string | undefined) => (id === undefined ? undefined : byId(id)),
    byEmail: (address: string) =>
      email === undefined || address.includes("\0") || !address.isWellFormed() ? undefined : byEmail(address)
  }
}

const instantOf = (value: unknown): number | null => (value instanceof Date ? value.getTime() : null)

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null)
