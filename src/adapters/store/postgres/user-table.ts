/** How a table of users is read: its columns, its kind of ids, the schema of its records. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { uuidOf } from "../../../core/uuid.ts"
import { ConfigurationInvalid, Tagged } from "../../interpreter/errors.ts"
import type { UserRow } from "../../interpreter/ports.ts"
import { type Kind, type Kinds, object, optionProblems, string } from "../../option-kinds.ts"
import type { DjangoNames } from "./django-names.ts"
import { quoteColumn, type Row } from "./statement.ts"

/** Django's `auth.User`, without the password. Instants are epoch milliseconds. */
export const DjangoUser = Schema.Struct({
  id: Schema.Number,
  username: Schema.String,
  email: Schema.String,
  firstName: Schema.String,
  lastName: Schema.String,
  isActive: Schema.Boolean,
  isStaff: Schema.Boolean,
  isSuperuser: Schema.Boolean,
  lastLoginAt: Schema.NullOr(Schema.Number),
  joinedAt: Schema.Number
})
export type DjangoUser = typeof DjangoUser.Type

/** A struct of columns: every field is one. It has a field `id`, the primary key. */
export interface UserSchema<User extends { readonly id: unknown }> extends Schema.ConstraintDecoder<User> {
  readonly fields: Readonly<Record<string, Schema.ConstraintDecoder<unknown>>>
}

/** The kind of primary key: `integer` is a number (64 bits, as far as a number is exact), the others are text. */
export type IdType = "integer" | "bigint" | "uuid" | "text"

export interface UserTableOptions {
  /** With a schema in front where it needs one (`accounts.account`); default `auth_user`. */
  readonly table?: string
  /** Default `integer`. */
  readonly idType?: IdType
  /**
   * Where a field's column is not its name in snake_case; `false`: the table has no such column. Besides the schema's
   * own fields: `password`, `isActive` (without it everybody is active), `lastLoginAt` (`last_login`), and what
   * creating a user writes: `username`, `email`, `firstName`, `lastName`, `isStaff`, `isSuperuser`, `joinedAt`
   * (`date_joined`).
   */
  readonly columns?: Readonly<Record<string, string | false>>
  /**
   * The tables that say which groups a user is in and which permissions a user has, and their column for the user:
   * Django calls them after the model. Default: the users' table with `_groups` and `_user_permissions` behind it, and
   * `user_id`.
   */
  readonly memberships?: { readonly groups?: string; readonly permissions?: string; readonly userId?: string }
  /** Values of further fields when a user is created: Django's columns have no defaults in the database. */
  readonly defaults?: Readonly<Record<string, string | number | boolean | null>>
}

const userTableKinds: Kinds<UserTableOptions & { readonly schema?: unknown }> = {
  table: string,
  idType: {
    written: "integer, or bigint, or uuid, or text",
    accepts: (value) => typeof value === "string" && Object.hasOwn(sqlTypes, value)
  },
  columns: object,
  memberships: object,
  defaults: object,
  schema: {
    written: "a Schema.Struct of columns",
    accepts: (value) => ["object", "function"].includes(typeof value) && value !== null
  }
}

const columnName: Kind = {
  written: "the name of a column, or false",
  accepts: (value) => typeof value === "string" || value === false
}

/** @throws ConfigurationInvalid for options that do not exist or are of another kind; columns are looked at later */
export const checkUserTableOptions = (options: UserTableOptions): void => {
  const problems = [
    ...optionProblems(options, userTableKinds, "users."),
    ...optionProblems(
      options.memberships ?? {},
      { groups: string, permissions: string, userId: string },
      "users.memberships."
    )
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
}

/** A row does not fit the schema of users. Names the column, never the value. */
export class RowInvalid extends Tagged("RowInvalid")<{ readonly table: string; readonly column: string }> {
  override get message(): string {
    return `table ${this.table}: column ${this.column} does not fit the schema of users`
  }
}

export interface UserTable<User> {
  /** Whether {@link decode} made that row. */
  readonly owns: (row: unknown) => row is UserRow<User>
  /** Quoted. */
  readonly table: string
  readonly idType: IdType
  /** The column of the user name, not quoted: in Django the field has the same name. */
  readonly usernameField: string
  readonly defaults: ReadonlyArray<readonly [column: string, value: string | number | boolean | null]>
  /** Whether its columns are those of Django's `auth_user`, so that `createTables` can make it. */
  readonly hasDjangoColumns: boolean
  /** The quoted column of a field, or `undefined` where the table has none. */
  readonly column: (field: string) => string | undefined
  /** A select list that {@link decode} understands. */
  readonly columns: (alias: string) => string
  /** A condition with one parameter, which {@link parseId} has read. */
  readonly hasId: (alias: string) => string
  /** @returns the parameter, or `undefined` for a text that is no id of this table */
  readonly parseId: (text: string) => string | undefined
  /** @returns `undefined` where there is no user */
  readonly decode: (row: Row) => { readonly _tag: "Decoded"; readonly row: UserRow<User> } | RowInvalid | undefined
}

/** @throws ConfigurationInvalid */
export const makeUserTable = <User extends { readonly id: unknown }>(
  options: UserTableOptions,
  schema: UserSchema<User>,
  { users: table }: DjangoNames
): UserTable<User> => {
  const idType = options.idType ?? "integer"
  const names = { ...djangoColumns, ...options.columns }
  const fieldNames = [...writtenFields, ...Object.keys(schema.fields), ...Object.keys(options.defaults ?? {})]
  const columnKinds = Object.fromEntries(fieldNames.map((field) => [field, columnName]))
  const problems = [...optionProblems(options.columns ?? {}, columnKinds, "users.columns.")]

  const column = (field: string): string | undefined => {
    const name = columnOf(names, field)
    if (name === false || name === undefined) return undefined
    const quoted = quoteColumn(name)
    if (quoted === undefined) problems.push(`users.columns.${field}: not a column name`)
    return quoted
  }

  const id = column("id")
  const password = column("password")
  const isActive = column("isActive")
  // What every row needs is asked for once: each column costs the driver as much as a field costs us.
  const fields = Object.entries(schema.fields).map(([field, one], i) => ({
    field,
    schema: one,
    column: column(field),
    alias: field === "id" ? "user_id" : field === "isActive" && isActive !== undefined ? "user_is_active" : `user_${i}`
  }))
  for (const needed of ["id", "username", "password"]) {
    if (column(needed) === undefined) problems.push(`users.columns.${needed}: needed`)
  }
  if (!Object.hasOwn(schema.fields, "id")) problems.push("users.schema: has no field id")
  for (const { field, column: name } of fields) {
    if (name === undefined) problems.push(`users.columns.${field}: the schema needs it`)
  }
  const defaults = Object.entries(options.defaults ?? {}).flatMap(([field, value]) => {
    const name = column(field)
    return name === undefined ? [] : [[name, value] as const]
  })
  if (id === undefined || problems.length > 0) throw new ConfigurationInvalid({ problems })

  const decodeFields = Schema.decodeUnknownResult(schema)
  const read = (row: Row, name: string, field: string) => {
    const value = row[name]
    if (value instanceof Date) return value.getTime()
    return field === "id" && idType === "integer" ? exactNumber(value) : value
  }

  /** A class of its own for every table: what it made can be told from what others made. */
  class DecodedRow implements UserRow<User> {
    readonly id: string
    readonly user: User
    readonly password: string
    readonly isActive: boolean
    constructor(row: Row, user: User) {
      this.id = String(row["user_id"])
      this.user = user
      this.password = String(row["user_password"] ?? "")
      this.isActive = row["user_is_active"] === true
    }
  }

  const invalidColumn = (record: Readonly<Record<string, unknown>>): string =>
    fields.find(({ field, schema: one }) => Result.isFailure(Schema.decodeUnknownResult(one)(record[field])))?.column ??
    "?"

  return {
    owns: (row) => row instanceof DecodedRow,
    table,
    idType,
    usernameField: columnOf(names, "username") || "username",
    defaults,
    hasDjangoColumns:
      idType !== "text" &&
      defaults.length === 0 &&
      Object.keys(schema.fields).every((field) => Object.hasOwn(DjangoUser.fields, field)) &&
      ["password", ...Object.keys(DjangoUser.fields)].every(
        (field) => columnOf(names, field) === columnOf(djangoColumns, field)
      ),
    column,
    columns: (alias) =>
      [
        `${alias}.${id} AS user_id`,
        `${alias}.${password} AS user_password`,
        `${isActive === undefined ? "true" : `${alias}.${isActive}`} AS user_is_active`,
        ...fields.flatMap((field) =>
          ["user_id", "user_is_active"].includes(field.alias) ? [] : [`${alias}.${field.column} AS ${field.alias}`]
        )
      ].join(", "),
    hasId: (alias) => `${alias}.${id} = ?::${sqlTypes[idType]}`,
    parseId: parsers[idType],
    decode: (row) => {
      if (row["user_id"] === null || row["user_id"] === undefined) return undefined
      const record: Record<string, unknown> = {}
      for (const { alias, field } of fields) record[field] = read(row, alias, field)
      const decoded = decodeFields(record)
      return Result.isFailure(decoded)
        ? new RowInvalid({ table, column: invalidColumn(record) })
        : { _tag: "Decoded", row: new DecodedRow(row, decoded.success) }
    }
  }
}

/** Besides the schema's: what is read of every user, and what creating one writes. */
const writtenFields = [
  "id",
  "username",
  "password",
  "email",
  "firstName",
  "lastName",
  "isActive",
  "isStaff",
  "isSuperuser",
  "lastLoginAt",
  "joinedAt"
]

/** Fields whose column in Django's table is not their name in snake_case. */
const djangoColumns: Readonly<Record<string, string | false>> = { lastLoginAt: "last_login", joinedAt: "date_joined" }

const columnOf = (names: Readonly<Record<string, string | false>>, field: string): string | false | undefined =>
  Object.hasOwn(names, field) ? names[field] : snakeCase(field)

const snakeCase = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const sqlTypes = { integer: "bigint", bigint: "bigint", uuid: "uuid", text: "text" } satisfies Record<IdType, string>

const integer = (text: string): string | undefined =>
  /^(0|-?[1-9][0-9]{0,18})$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? text : undefined

/** What a text from a session is as a parameter; `undefined` where no row could have it. */
const parsers = {
  integer,
  bigint: integer,
  uuid: uuidOf,
  text: (text) => (text.includes("\0") || !text.isWellFormed() ? undefined : text)
} satisfies Record<IdType, (text: string) => string | undefined>

/** A 64-bit column comes as text: a number where that is exact, else as it is, which will not fit the schema. */
const exactNumber = (value: unknown): unknown => {
  const number = typeof value === "string" ? Number(value) : value
  return Number.isSafeInteger(number) ? number : value
}
