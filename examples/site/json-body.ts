/** Reads JSON that a client sent, and checks the types of its members. */
import { Core } from "latchkey"
import type { SiteRequest } from "./request.ts"

/** The body of a request: a map from key to JSON text, so that numbers keep the form in which they were written. */
export type JsonBody =
  | { readonly _tag: "Body"; readonly data: Core.JsonObject }
  | { readonly _tag: "TooLarge" }
  | { readonly _tag: "Malformed"; readonly detail: string }

/** Reads an object from the body; an empty body is an empty object. UTF-8 and JSON, strictly. */
export const readJsonBody = async (request: SiteRequest): Promise<JsonBody> => {
  const body = await request.body()
  switch (body._tag) {
    case "Bytes":
      return parsed(body.bytes)
    case "TooLarge":
      return body
    case "Broken":
      return { _tag: "Malformed", detail: "the body ended before its end" }
    default:
      return body satisfies never
  }
}

const parsed = (bytes: Uint8Array): JsonBody => {
  try {
    const json = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) || "{}"
    JSON.parse(json)
    const data = Core.Json.parseObject(json)
    return data === undefined ? { _tag: "Malformed", detail: "expected an object" } : { _tag: "Body", data }
  } catch {
    return { _tag: "Malformed", detail: "the body is not JSON in UTF-8" }
  }
}

/** Reads one member of the expected type; `undefined` if it is missing or has another type. */
export type Shape<A> = (data: Core.JsonObject) => A | undefined

/** The members that these shapes read, in the same order; `undefined` if one of them does not match. */
export const readShapes = <Shapes extends ReadonlyArray<Shape<unknown>>>(
  shapes: readonly [...Shapes],
  data: Core.JsonObject
): Values<Shapes> | undefined => {
  const values = shapes.map((shape) => shape(data))
  return isComplete<Shapes>(values) ? values : undefined
}

export type Values<Shapes extends ReadonlyArray<Shape<unknown>>> = {
  readonly [Index in keyof Shapes]: NonNullable<ReturnType<Shapes[Index]>>
}

const isComplete = <Shapes extends ReadonlyArray<Shape<unknown>>>(
  values: ReadonlyArray<unknown>
): values is Values<Shapes> => values.every((value) => value !== undefined)

/** A text that PostgreSQL can hold: no NUL, no lone surrogate. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

export const text =
  (key: string): Shape<string> =>
  (data) => {
    const value = read(data, key)
    return typeof value === "string" && isStorable(value) ? value : undefined
  }

export const texts =
  (key: string): Shape<ReadonlyArray<string>> =>
  (data) => {
    const value = read(data, key)
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined
  }

/** When a session expires: at the instant `until`, or after `seconds`; null means the site's default age. */
export const expiry: Shape<{ readonly at: Date | number | null }> = (data) => {
  const until = instant(read(data, "until"))
  return until === undefined ? seconds(data.get("seconds")) : { at: until }
}

/** A whole number of seconds, at most ten years either way, or null. */
const seconds = (json: string | undefined): { readonly at: number | null } | undefined => {
  if (json === "null") return { at: null }
  if (json === undefined || !/^-?\d{1,12}$/.test(json)) return undefined
  return Math.abs(Number(json)) <= 315_360_000 ? { at: Number(json) || 0 } : undefined
}

/** UTC in whole seconds: `2031-07-15T12:00:00Z`. */
const instant = (value: unknown): Date | undefined => {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return undefined
  const date = new Date(value)
  // `Date` turns a day that does not exist, such as February 30, into another day.
  return !Number.isNaN(date.getTime()) && date.toISOString() === value.replace("Z", ".000Z") ? date : undefined
}

const read = (data: Core.JsonObject, key: string): unknown => {
  const json = data.get(key)
  return json === undefined ? undefined : Core.Json.read(json)
}
