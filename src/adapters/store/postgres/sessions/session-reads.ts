/**
 * How sessions are read. Reads that arrive together are one statement: it costs this process and the server less than one
 * statement each, and finds each row as the statement for one does, by the same index.
 */
import * as Effect from "effect/Effect"
import { batched } from "../../batched.ts"
import type { Client } from "../connection/client.ts"
import type { DatabaseFailure } from "../connection/database-failure.ts"
import { type Parameter, prepare, type Row, type Rows, type Statement } from "../connection/statement.ts"

export interface SessionRead {
  readonly key: string
  /** Epoch milliseconds. */
  readonly now: number
  /** A result of `parseId`. */
  readonly userId: string | undefined
}

export interface ReadStatements {
  readonly one: (read: SessionRead) => Statement<Rows>
  /** Each row has the place of the read that found it. */
  readonly several: (reads: ReadonlyArray<SessionRead>) => Statement<Rows>
}

/**
 * @param text the statement, from three expressions
 * @param parameters the values of the expressions in the order in which the text uses them
 */
export const readStatements = (
  text: (read: Readonly<Record<"key" | "at" | "userId", string>>) => string,
  parameters: (read: SessionRead) => ReadonlyArray<Parameter>
): ReadStatements => {
  const one = prepare(text({ key: "?", at: "?", userId: "?" }))
  // The limit keeps the planner from joining in another way, such as reading a whole table to find some rows in it. It
  // always expects 100 elements of this function, so that one plan serves every number of reads.
  const several = prepare(`
    SELECT wanted.place, found.*
    FROM json_to_recordset(?::text::json) AS wanted (place int, key varchar, at float8, user_id text)
    CROSS JOIN LATERAL (
      ${text({ key: "wanted.key", at: "to_timestamp(wanted.at / 1000)", userId: "wanted.user_id" })}
      LIMIT 1) AS found`)
  return {
    one: (read) => one(...parameters(read)),
    several: (reads) =>
      several(JSON.stringify(reads.map(({ key, now, userId }, place) => ({ place, key, at: now, user_id: userId }))))
  }
}

/** How many reads one statement answers at most. */
const MOST = 64

/** @returns reads a session; `undefined` if there is no row */
export const sessionReader = (
  client: Client,
  statements: ReadStatements,
  batches: boolean
): ((read: SessionRead) => Effect.Effect<Row | undefined, DatabaseFailure>) => {
  const one = (read: SessionRead) => client.run(statements.one(read), "read").pipe(Effect.map((rows) => rows[0]))
  const together = batched((reads: ReadonlyArray<SessionRead>) => {
    const [first] = reads
    return first !== undefined && reads.length === 1
      ? one(first).pipe(Effect.map((row) => () => row))
      : client.run(statements.several(reads), "read").pipe(Effect.map(byPlace))
  }, MOST)
  return (read) => (batches && isPlain.test(read.key) ? together(read) : one(read))
}

/** A key that no database fails to encode. One that fails must not take other reads with it. */
const isPlain = /^[0-9A-Za-z]+$/

const byPlace = (rows: Rows): ((place: number) => Row | undefined) => {
  const found: Array<Row> = []
  for (const row of rows) found[Number(row["place"])] = row
  return (place) => found[place]
}
