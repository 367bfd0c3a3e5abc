import type { ISql, Sql } from "postgres"

/** A query that runs on a given connection. */
export type Statement<A> = (sql: ISql) => PromiseLike<A>

export type Parameter = string | number | boolean | Date | null

export type Row = Readonly<Record<string, unknown>>

/** @property count the number of rows that were returned or changed */
export type Rows = Iterable<Row> & { readonly [index: number]: Row; readonly count: number }

export const noRows: Rows = Object.assign([], { count: 0 })

/**
 * Makes a statement whose text is built once and prepared once per connection. Identifiers are part of the text and
 * must already be quoted.
 *
 * @param text with `?` for each parameter
 */
export const prepare = (text: string): ((...parameters: ReadonlyArray<Parameter>) => Statement<Rows>) => {
  const parts = text.trim().split("?")
  const template = Object.assign(parts, { raw: parts })
  return (...parameters) =>
    (sql) =>
      sql<Array<Row>>(template, ...parameters)
}

/**
 * Runs a statement that consists of several, in a transaction. The database's defaults do not matter: each of them sees
 * what was committed before it began, and may write.
 */
export const inTransaction = async <A>(sql: ISql, statement: Statement<A>): Promise<A> => {
  // The driver would wait for the members of an array, and lose the number of rows.
  const run = async (transaction: ISql) => ({ answer: await statement(transaction) })
  const { answer } = isConnection(sql)
    ? await sql.begin("isolation level read committed read write", run)
    : await run(sql)
  return answer
}

/** Otherwise it is a transaction. */
const isConnection = (sql: ISql): sql is Sql => "begin" in sql

/** Several statements in one message, as one transaction, without parameters. Answers with the rows of all of them. */
export const script =
  (text: string): Statement<ReadonlyArray<Row>> =>
  (sql) =>
    sql
      .unsafe<Array<Row>>(text)
      .simple()
      .then((results) => [...results].flat())

// Always quoted, so a name may be a reserved word, begin with a digit, or hold capitals and hyphens.
const name = "[A-Za-z0-9_-]{1,63}"
const identifier = new RegExp(`^${name}$`)
const qualified = new RegExp(`^${name}(\\.${name})?$`)

/** @returns the quoted name of a column, or `undefined` for a name that is not accepted */
export const quoteColumn = (text: string): string | undefined => (identifier.test(text) ? `"${text}"` : undefined)

/**
 * @returns the quoted name of a table, with its schema if it has one, or `undefined` for a name that is not accepted
 */
export const quoteTable = (text: string): string | undefined =>
  qualified.test(text)
    ? text
        .split(".")
        .map((part) => `"${part}"`)
        .join(".")
    : undefined
