/**
 * Changes that need a free e-mail address. Django's table has no unique index on addresses, so such changes wait for
 * each other: each locks the address, then looks for another user who has it, and then changes the table, in one
 * transaction.
 */
import { inTransaction, noRows, prepare, type Rows, type Statement } from "../connection/statement.ts"
import { emailColumn, type UserTable } from "../tables/user-table.ts"

type Columns = Pick<UserTable<unknown>, "column" | "hasId" | "table">

/**
 * @returns the change, which is made only if no other confirmed user has the address; unchanged if the table has no
 * column for addresses
 */
export const makeFreeAddress = (users: Columns) => {
  const { column, hasId, table } = users
  const email = emailColumn(users)
  const [active, login] = [column("isActive"), column("lastLoginAt")]
  const confirmed = [active === undefined ? "true" : `u.${active}`, ...(login ? [`u.${login} IS NOT NULL`] : [])]
  // The lock is for one address in one table. It ends with the transaction, also behind a pooler.
  const lock = prepare(`SELECT pg_advisory_xact_lock(hashtextextended('${table} ' || UPPER(?::text), 0))`)
  // With UPPER alone, a dotless i would equal an i.
  const isSame = `UPPER(u.${email}::text) = UPPER(?::text) AND LOWER(u.${email}::text) = LOWER(?::text)`
  const holders = `SELECT 1 FROM ${table} u WHERE ${isSame} AND (${confirmed.join(" OR ")})`
  const all = prepare(`${holders} LIMIT 1`)
  const others = prepare(`${holders} AND NOT ${hasId("u")} LIMIT 1`)
  return (address: string, change: Statement<Rows>, except?: string): Statement<Rows> => {
    if (email === undefined) return change
    const holder = except === undefined ? all(address, address) : others(address, address, except)
    return (sql) =>
      inTransaction(sql, async (transaction) => {
        await lock(address)(transaction)
        const { count } = await holder(transaction)
        return count > 0 ? noRows : change(transaction)
      })
  }
}
