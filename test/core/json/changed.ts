import * as Json from "../../../src/core/json/json-text.ts"
import * as Data from "../../../src/core/json/session-data.ts"

/** A copy of session data in which one key has another value. */
export const changed = (data: Data.SessionData, key: string, value: unknown): Data.SessionData => {
  const copy = new Map(data)
  Data.put(copy, key, Json.write(value))
  return copy
}
