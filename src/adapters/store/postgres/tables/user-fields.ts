/** The fields of users: Django's, or those of a schema that the application gives. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { schemaModule } from "../../../options/schema-module.ts"
import type { Client } from "../connection/client.ts"

/** Django's `auth.User`, without the password. Dates are epoch milliseconds. */
export interface DjangoUser {
  /** The primary key. */
  readonly id: number
  /** The user name. */
  readonly username: string
  /** The e-mail address; `""` if there is none. */
  readonly email: string
  /** The first name; often `""`. */
  readonly firstName: string
  /** The last name; often `""`. */
  readonly lastName: string
  /** Whether the user may log in. */
  readonly isActive: boolean
  /** Whether the user may use Django's admin site. */
  readonly isStaff: boolean
  /** Whether the user has every permission. */
  readonly isSuperuser: boolean
  /** The last login; `null` before the first one. */
  readonly lastLoginAt: number | null
  /** When the user was created. */
  readonly joinedAt: number
}

/** A struct in which every field is a column. It must have a field `id`, the primary key. */
export interface UserSchema<User extends { readonly id: unknown }> extends Schema.ConstraintDecoder<User> {
  /** The schema of each column, by field name. */
  readonly fields: Readonly<Record<string, Schema.ConstraintDecoder<unknown>>>
}

type FieldValues = Readonly<Record<string, unknown>>

export interface UserFields<User> {
  readonly names: ReadonlyArray<string>
  /** Must have run before {@link UserFields.read}. */
  readonly prepare?: Effect.Effect<void>
  /** @returns the user, or the first field whose value does not fit, if it is one of them */
  readonly read: (
    values: FieldValues
  ) => { readonly _tag: "Read"; readonly user: User } | { readonly _tag: "Unfit"; readonly field: string | undefined }
}

const isText = (value: unknown) => typeof value === "string"
const isNumber = (value: unknown) => typeof value === "number"
const isBoolean = (value: unknown) => typeof value === "boolean"

const fits: Readonly<Record<keyof DjangoUser, (value: unknown) => boolean>> = {
  id: isNumber,
  username: isText,
  email: isText,
  firstName: isText,
  lastName: isText,
  isActive: isBoolean,
  isStaff: isBoolean,
  isSuperuser: isBoolean,
  lastLoginAt: (value) => value === null || isNumber(value),
  joinedAt: isNumber
}
const checks = Object.entries(fits)

const isDjangoUser = (values: FieldValues): values is FieldValues & DjangoUser =>
  checks.every(([name, accepts]) => accepts(values[name]))

/** The fields of {@link DjangoUser}. They need no `Schema`, which takes as long to load as all of latchkey. */
export const djangoFields: UserFields<DjangoUser> = {
  names: checks.map(([name]) => name),
  read: (values) =>
    isDjangoUser(values)
      ? { _tag: "Read", user: values }
      : { _tag: "Unfit", field: checks.find(([name, accepts]) => !accepts(values[name]))?.[0] }
}

/** The fields of a schema. `Schema` is loaded by {@link UserFields.prepare}. */
export const schemaFields = <User extends { readonly id: unknown }>(schema: UserSchema<User>): UserFields<User> => {
  let read: UserFields<User>["read"] | undefined
  return {
    names: Object.keys(schema.fields),
    prepare: Effect.map(schemaModule, (Schema) => {
      read ??= reader(Schema, schema)
    }),
    read: (values) => read?.(values) ?? { _tag: "Unfit", field: undefined }
  }
}

const reader = <User extends { readonly id: unknown }>(
  { decodeUnknownResult }: typeof Schema,
  schema: UserSchema<User>
): UserFields<User>["read"] => {
  const decode = decodeUnknownResult(schema)
  const doesNotFit = (field: string, one: Schema.ConstraintDecoder<unknown>, values: FieldValues) =>
    Result.isFailure(decodeUnknownResult(one)(values[field]))
  return (values) => {
    const decoded = decode(values)
    if (Result.isSuccess(decoded)) return { _tag: "Read", user: decoded.success }
    return {
      _tag: "Unfit",
      field: Object.entries(schema.fields).find(([field, one]) => doesNotFit(field, one, values))?.[0]
    }
  }
}

/** @returns a client that runs {@link UserFields.prepare} before each statement */
export const clientFor = (fields: UserFields<unknown>, client: Client): Client => {
  const { prepare } = fields
  if (prepare === undefined) return client
  return { ...client, run: (...statement) => Effect.flatMap(prepare, () => client.run(...statement)) }
}
