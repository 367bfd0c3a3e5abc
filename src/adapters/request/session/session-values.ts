/** The values of a session: checked and encoded before they are stored, decoded when they are read. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Json from "../../../core/json/json-text.ts"
import type { JsonObject, JsonText } from "../../../core/json/json-value.ts"
import { SessionDataInvalid } from "../../errors/errors.ts"
import { schemaModule } from "../../options/schema-module.ts"
import type { FieldValues, SessionFields } from "./session-access.ts"

/** The error for a value that cannot be stored. */
export const invalid = (key: string, reason: string): SessionDataInvalid => new SessionDataInvalid({ key, reason })

const codecOf = <Fields extends SessionFields, Key extends keyof Fields & string>(
  fields: Fields | undefined,
  key: Key
): Fields[Key] | undefined => (fields !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined)

export const decoded = <Fields extends SessionFields, Key extends keyof Fields & string>(
  fields: Fields | undefined,
  key: Key,
  text: JsonText | undefined
): Effect.Effect<Fields[Key]["Type"] | undefined, SessionDataInvalid> => {
  if (text === undefined) return Effect.succeed(undefined)
  const value = Json.read(text)
  const codec = codecOf(fields, key)
  if (codec === undefined) return Effect.succeed(value)
  return Effect.flatMap(schemaModule, (Schema) => {
    const result = Schema.decodeUnknownResult(codec)(value)
    return Result.isSuccess(result) ? Effect.succeed(result.success) : Effect.fail(SessionDataInvalid.stored(key))
  })
}

export const encoded = <Fields extends SessionFields, Key extends keyof Fields & string>(
  fields: Fields | undefined,
  key: Key,
  value: Fields[Key]["Type"]
): Effect.Effect<JsonText, SessionDataInvalid> => {
  if (typeof key !== "string") return Effect.fail(invalid("", "a key must be a string"))
  const codec = codecOf(fields, key)
  if (codec === undefined) return written(key, value)
  return Effect.flatMap(schemaModule, (Schema) => {
    const result = Schema.encodeUnknownResult(codec)(value)
    return Result.isSuccess(result)
      ? written(key, result.success)
      : Effect.fail(invalid(key, "the value does not fit its schema"))
  })
}

const written = (key: string, value: unknown): Effect.Effect<JsonText, SessionDataInvalid> =>
  Effect.try({
    try: () => Json.write(value),
    catch: (error) => invalid(key, error instanceof Json.NotJson ? error.reason : "the value is not JSON")
  })

export const allEncoded = <Fields extends SessionFields>(
  fields: Fields | undefined,
  values: FieldValues<Fields>
): Effect.Effect<JsonObject, SessionDataInvalid> => {
  if (typeof values !== "object" || values === null || Symbol.iterator in values)
    return Effect.fail(
      invalid("", "session.update takes an object of values; session.raw.update takes a Map of JSON texts")
    )
  return Effect.map(
    Effect.forEach(Object.entries(values), ([key, value]) =>
      Effect.map(encoded(fields, key, value), (text) => [key, text] as const)
    ),
    (texts) => new Map(texts)
  )
}

/** Checks the texts, because a JavaScript caller can pass any. A text of two members would add keys to the session. */
export const jsonTexts = (values: JsonObject): Effect.Effect<JsonObject, SessionDataInvalid> =>
  values instanceof Map
    ? Effect.map(Effect.forEach(values, jsonText), (texts) => new Map(texts))
    : Effect.fail(invalid("", "session.raw.update takes a Map of JSON texts"))

const jsonText = ([key, text]: readonly [unknown, unknown]): Effect.Effect<
  readonly [string, JsonText],
  SessionDataInvalid
> => {
  if (typeof key !== "string") return Effect.fail(invalid("", "a key must be a string"))
  const value = typeof text === "string" ? Json.parseValue(text) : undefined
  return value === undefined ? Effect.fail(invalid(key, notOneValue)) : Effect.succeed([key, value])
}

const notOneValue = `session.raw.update takes the text of one JSON value, nested at most ${Json.deepestWritten} deep`
