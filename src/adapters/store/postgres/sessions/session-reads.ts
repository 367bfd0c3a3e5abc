/**
 * How sessions are read. Reads that arrive together are one statement: it costs this process and the server less than
 * one statement each, and finds each row as the statement for one does, by the same index.
 */
import * as Effect from "effect/Effect"
import { batched } from "../../batched.ts"
import type { Client } from "../connection/client.ts"
import { type DatabaseFailure, isUnencodable, tooLate } from "../connection/database-failure.ts"
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
    several: (reads) => several(recordset(reads).padEnd(SENT_IMMEDIATELY))
  }
}

const recordset = (reads: ReadonlyArray<SessionRead>): string =>
  JSON.stringify(reads.map(({ key, now, userId }, place) => ({ place, key, at: now, user_id: userId })))

/**
 * How many reads one statement answers at most. With more, the server waits for this process and this process for the
 * server: they take turns. With fewer, each statement costs more per read. Measured with 4 to 64.
 */
const MOST = 8

/** The same behind a pooler: there each statement is planned anew. */
const MOST_BEHIND_POOLER = 32

/** postgres.js sends a packet of this many bytes immediately, and keeps a smaller one until the end of the turn. */
const SENT_IMMEDIATELY = 1024

/**
 * @param answer what a read finds; `undefined` if there is no row
 * @param failed what the caller gets if the database fails
 */
export const sessionReader = <Read extends SessionRead, Answer, Failure>(
  client: Client,
  statements: ReadStatements,
  batches: boolean,
  answer: (read: Read, row: Row | undefined) => Answer,
  failed: (cause: DatabaseFailure) => Failure
): ((read: Read) => Effect.Effect<Answer, Failure>) => {
  const one = (read: Read) => Effect.map(client.run(statements.one(read), "read"), (rows) => rows[0])
  const alone = (read: Read) =>
    one(read).pipe(
      Effect.catchIf(isUnencodable, () => Effect.succeed(undefined)),
      Effect.mapBoth({ onSuccess: (row) => answer(read, row), onFailure: failed })
    )
  const together = batched(
    (reads: ReadonlyArray<Read>) => {
      const [first] = reads
      const found =
        first !== undefined && reads.length === 1
          ? Effect.map(one(first), (row) => [row])
          : Effect.map(client.run(statements.several(reads), "read"), byPlace)
      return Effect.mapError(found, failed)
    },
    answer,
    {
      most: client.pooler ? MOST_BEHIND_POOLER : MOST,
      milliseconds: client.deadlineSeconds * 1000,
      tooLate: () => failed(tooLate)
    }
  )
  return (read) => (batches && isEncodable(read) ? together(read) : alone(read))
}

/** Whether every database can encode the texts. A read that fails must not take others with it. */
const isEncodable = ({ key, userId }: SessionRead): boolean =>
  isAscii.test(key) && (userId === undefined || isAscii.test(userId))

const isAscii = /^[ -~]*$/

const byPlace = (rows: Rows): ReadonlyArray<Row | undefined> => {
  const found: Array<Row> = []
  for (const row of rows) found[Number(row["place"])] = row
  return found
}
