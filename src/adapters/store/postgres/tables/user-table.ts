/** How a table of users is read: its columns, and the fields of its users. */
import { ConfigurationInvalid, Tagged } from "../../../errors/errors.ts"
import { type Kind, type Kinds, object, optionProblems, string } from "../../../options/option-kinds.ts"
import type { UserRow } from "../../../ports/user-store.ts"
import { quoteColumn, type Row } from "../connection/statement.ts"
import type { DjangoNames } from "./django-names.ts"
import { exactNumber, type IdForm, type IdType, idForms, idsIn, parsers, sqlTypes } from "./id-types.ts"
import { djangoFields, type UserFields } from "./user-fields.ts"

/** Describes a table of users that differs from Django's `auth_user`. */
export interface UserTableOptions {
  /** The table's name, with a schema if needed (`accounts.account`). Default: `auth_user`. */
  readonly table?: string
  /** Default `integer`. */
  readonly idType?: IdType
  /**
   * The column of a field, if it is not the field's name in snake_case; `false`: the table has no such column. Fields
   * are those of the schema and these: `password`, `isActive` (without it all users are active), `lastLoginAt`
   * (`last_login`), and those that are written when a user is created: `username`, `email`, `firstName`, `lastName`,
   * `isStaff`, `isSuperuser`, `joinedAt` (`date_joined`).
   */
  readonly columns?: Readonly<Record<string, string | false>>
  /**
   * The tables with the groups and the permissions of users, and their column for the user's id. Django names them
   * after the model. Default: the name of the users' table with `_groups` and `_user_permissions` added, and `user_id`.
   */
  readonly memberships?: {
    /** The table with the groups of users. */
    readonly groups?: string
    /** The table with the permissions of users. */
    readonly permissions?: string
    /** The column for the user's id, in both tables. */
    readonly userId?: string
  }
  /** Values of other fields for a user that is created. Django's columns have no defaults in the database. */
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

/** @throws ConfigurationInvalid for options that do not exist or have the wrong type; columns are checked later */
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

/** A row does not fit the schema of users. The message names the column, never the value. */
export class RowInvalid extends Tagged("RowInvalid")<{
  /** The table's name. */
  readonly table: string
  /** The column's name. */
  readonly column: string
}> {
  override get message(): string {
    return `table ${this.table}: column ${this.column} does not fit the schema of users`
  }
}

export interface UserTable<User> {
  /** Whether {@link decode} made the row. */
  readonly owns: (row: unknown) => row is UserRow<User>
  /** The quoted name. */
  readonly table: string
  readonly idType: IdType
  /** The column of the user name, not quoted. In Django the field has the same name. */
  readonly usernameField: string
  readonly defaults: ReadonlyArray<readonly [column: string, value: string | number | boolean | null]>
  /** Whether the columns are those of Django's `auth_user`, so that `createTables` can create the table. */
  readonly hasDjangoColumns: boolean
  /** The quoted column of a field, or `undefined` if the table has none. */
  readonly column: (field: string) => string | undefined
  /** The columns that are read for every user, not quoted. */
  readonly columnNames: ReadonlyArray<string>
  /** A select list whose rows {@link decode} can read. */
  readonly columns: (alias: string) => string
  /** A condition with one parameter, which is a result of {@link parseId}. */
  readonly hasId: (alias: string) => string
  /** A condition on a text that may be an id, or null: an expression. */
  readonly hasIdIn: (alias: string, text: string) => string
  /**
   * A condition on an expression, which is a result of {@link parseId}, or null: then the id is the text that `find`
   * finds, an expression.
   */
  readonly hasIdOr: (alias: string, given: string, find: (form: IdForm) => string) => string
  /** @returns the parameter, or `undefined` for a text that cannot be an id of this table */
  readonly parseId: (text: string) => string | undefined
  /** @returns `undefined` if the row contains no user */
  readonly decode: (row: Row) => { readonly _tag: "Decoded"; readonly row: UserRow<User> } | RowInvalid | undefined
}

/** @throws ConfigurationInvalid */
export const makeUserTable = <User extends { readonly id: unknown }>(
  options: UserTableOptions,
  userFields: UserFields<User>,
  { users: table }: DjangoNames
): UserTable<User> => {
  const idType = options.idType ?? "integer"
  const names = { ...djangoColumns, ...options.columns }
  const fieldNames = [...writtenFields, ...userFields.names, ...Object.keys(options.defaults ?? {})]
  const columnKinds = Object.fromEntries(fieldNames.map((field) => [field, columnName]))
  const problems = [...optionProblems(options.columns ?? {}, columnKinds, "users.columns.")]

  const column = (field: string): string | undefined => {
    const name = columnOf(names, field)
    if (name === false || name === undefined) return undefined
    const quoted = quoteColumn(name)
    if (quoted === undefined)
      problems.push(`users.columns.${field}: not a column name; write a text without NUL, at most 63 bytes`)
    return quoted
  }

  const id = column("id")
  const password = column("password")
  const isActive = column("isActive")
  // A column that every row needs anyway is selected only once, because each selected column costs the driver time.
  const fields = userFields.names.map((field, i) => ({
    field,
    column: column(field),
    alias: field === "id" ? "user_id" : field === "isActive" && isActive !== undefined ? "user_is_active" : `user_${i}`
  }))
  for (const needed of ["id", "username", "password"]) {
    if (column(needed) === undefined) problems.push(`users.columns.${needed}: must be the name of a column`)
  }
  if (!userFields.names.includes("id")) problems.push("users.schema: has no field id; add it")
  for (const { field, column: name } of fields) {
    if (name === undefined)
      problems.push(`users.columns.${field}: the schema has this field, so it must be the name of a column`)
  }
  const defaults = Object.entries(options.defaults ?? {}).flatMap(([field, value]) => {
    const name = column(field)
    return name === undefined ? [] : [[name, value] as const]
  })
  if (id === undefined || problems.length > 0) throw new ConfigurationInvalid({ problems })

  const valueIn = (row: Row, name: string, field: string) => {
    const value = row[name]
    if (value instanceof Date) return value.getTime()
    return field === "id" && idType === "integer" ? exactNumber(value) : value
  }

  /** Each table has its own class, so that `owns` recognises only rows of this table. */
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

  const invalid = (field: string | undefined): RowInvalid =>
    new RowInvalid({ table, column: fields.find((one) => one.field === field)?.column ?? "?" })

  return {
    owns: (row) => row instanceof DecodedRow,
    table,
    idType,
    usernameField: columnOf(names, "username") || "username",
    defaults,
    hasDjangoColumns:
      idType !== "text" &&
      defaults.length === 0 &&
      userFields.names.every((field) => djangoFields.names.includes(field)) &&
      ["password", ...djangoFields.names].every((field) => columnOf(names, field) === columnOf(djangoColumns, field)),
    column,
    columnNames: [...new Set([id, password, isActive, ...fields.map((field) => field.column)])].flatMap((name) =>
      name === undefined ? [] : [name.replaceAll('"', "")]
    ),
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
    hasIdIn: (alias, text) => `${alias}.${id} = ${idsIn[idType](text)}`,
    hasIdOr: (alias, given, find) =>
      `${alias}.${id} = coalesce(${given}::${sqlTypes[idType]}, ${find(idForms[idType])}::${sqlTypes[idType]})`,
    parseId: parsers[idType],
    decode: (row) => {
      if (row["user_id"] === null || row["user_id"] === undefined) return undefined
      const record: Record<string, unknown> = {}
      for (const { alias, field } of fields) record[field] = valueIn(row, alias, field)
      const read = userFields.read(record)
      return read._tag === "Unfit" ? invalid(read.field) : { _tag: "Decoded", row: new DecodedRow(row, read.user) }
    }
  }
}

/**
 * The quoted column of the e-mail address, or `undefined` if the table has none. If users log in with their address, it
 * is in the column of the user name.
 */
export const emailColumn = ({ column }: Pick<UserTable<unknown>, "column">): string | undefined => {
  const username = column("username")
  return column("email") ?? (username === '"email"' ? username : undefined)
}

/**
 * In addition to the schema's fields: those that are read for every user, and those that are written when one is
 * created.
 */
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

/** Fields whose column in Django's table is not the field's name in snake_case. */
const djangoColumns: Readonly<Record<string, string | false>> = { lastLoginAt: "last_login", joinedAt: "date_joined" }

const columnOf = (names: Readonly<Record<string, string | false>>, field: string): string | false | undefined =>
  Object.hasOwn(names, field) ? names[field] : snakeCase(field)

const snakeCase = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
