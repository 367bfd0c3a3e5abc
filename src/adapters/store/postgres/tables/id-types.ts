/** The types of ids of users: how ids look in a session and in SQL. */
import { uuidOf } from "../../../../core/uuid.ts"

/**
 * The type of the primary key. `integer` is a JavaScript number (64 bits in the database, but only values that a number
 * holds exactly are accepted). The others are text.
 */
export type IdType = "integer" | "bigint" | "uuid" | "text"

/** The type of the column. */
export const sqlTypes = { integer: "bigint", bigint: "bigint", uuid: "uuid", text: "text" } satisfies Record<
  IdType,
  string
>

/**
 * How the ids that SQL can find in a longer text look. The user with another id is loaded by a statement of its own.
 */
export interface IdForm {
  /** Without groups. Found in `bytes` bytes, a text with this pattern can always be converted to the type of the id. */
  readonly pattern: string
  /** The most bytes that are searched for an id between quotation marks, a number that three divides. */
  readonly bytes: number
}

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
/** A 64-bit integer can have every number of 18 digits. */
const integers: IdForm = { pattern: "-{0,1}[0-9]+", bytes: 18 }

/** The form of ids of each type. */
export const idForms = {
  integer: integers,
  bigint: integers,
  uuid: { pattern: uuid, bytes: 39 },
  text: { pattern: "[A-Za-z0-9_.@+-]+", bytes: 39 }
} satisfies Record<IdType, IdForm>

const integerIn = (text: string): string => `substring(${text} from '^-{0,1}[0-9]{1,18}$')::bigint`

/** The id in a text, as an expression that is null for a text that is not an id. */
export const idsIn = {
  integer: integerIn,
  bigint: integerIn,
  uuid: (text) => `substring(${text} from '^${uuid}$')::uuid`,
  text: (text) => text
} satisfies Record<IdType, (text: string) => string>

const integer = (text: string): string | undefined =>
  /^(0|-?[1-9][0-9]{0,18})$/.test(text) && (text.length < 19 || fits64Bits(BigInt(text))) ? text : undefined

const fits64Bits = (id: bigint): boolean => BigInt.asIntN(64, id) === id

/** Converts an id from a session to a parameter; `undefined` if no row can have that id. */
export const parsers = {
  integer,
  bigint: integer,
  uuid: uuidOf,
  text: (text) => (text.includes("\0") || !text.isWellFormed() ? undefined : text)
} satisfies Record<IdType, (text: string) => string | undefined>

/**
 * A 64-bit integer arrives as text. Returns a number if it is exact, otherwise the text, which does not fit the schema.
 */
export const exactNumber = (value: unknown): unknown => {
  const number = typeof value === "string" ? Number(value) : value
  return Number.isSafeInteger(number) ? number : value
}
