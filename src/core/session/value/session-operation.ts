/** The changes of one request to the data of its session, which can be applied again to data that has changed. */
import * as Binding from "../../device-bound/device-binding.ts"
import * as Json from "../../json/json-text.ts"
import type { AsciiJson, JsonText } from "../../json/json-value.ts"
import type { SessionData } from "../../json/session-data.ts"
import * as Data from "../../json/session-data.ts"
import type { Member } from "../../json/stored-json.ts"
import { isSameId } from "../../uuid.ts"
import { sessionDataKey as recordKey } from "../lifetime/login-record.ts"

/**
 * One change since the data was read. It is recorded as an operation on keys, so it can be applied again to data that
 * another request has changed.
 */
export type Operation =
  /** Stores a value under a key. */
  | { readonly _tag: "Set"; readonly key: string; readonly value: JsonText }
  /** Removes a key. */
  | { readonly _tag: "Delete"; readonly key: string }
  /** Removes all keys but that of the binding to a device. */
  | { readonly _tag: "Clear" }
  /** Stores the device of the binding with this id, which has no device yet. */
  | { readonly _tag: "Bind"; readonly id: string; readonly value: JsonText }
  /** The identity keys, always written together: a mixture of two logins is never stored. */
  | ({ readonly _tag: "Identify"; readonly over: "Anything" | "SameUser" } & IdentityTexts)

/** The logged-in user as the session data names it. */
export interface IdentityTexts {
  /** `_auth_user_id`: the text form of the user's primary key. */
  readonly id: AsciiJson
  /** `_auth_user_backend`: the name of the backend. */
  readonly backend: AsciiJson
  /** `_auth_user_hash`: the session auth hash. */
  readonly hash: AsciiJson
  /** `_latchkey_login`: when the user proved who they are, if this is recorded. */
  readonly record?: AsciiJson
}

/**
 * The data with these operations, in order. A login of another user than the data's drops the data first.
 *
 * @returns `undefined` if one of them no longer fits: it renews the session auth hash of a user that the data no longer
 * names, or registers a device for a binding that the data no longer offers
 */
export const applied = (operations: ReadonlyArray<Operation>, data: SessionData): SessionData | undefined => {
  const after = Data.copyOf(operations.some((operation) => isOtherUsersLogin(data, operation)) ? Data.empty : data)
  for (const operation of operations) {
    if (operation._tag === "Identify" && operation.over === "SameUser" && !namesSameUser(after, operation))
      return undefined
    if (operation._tag === "Bind" && !isOffered(after, operation.id)) return undefined
    applyTo(after, operation)
  }
  return after
}

/** Whether the data has the binding with this id, and no device has registered for it. */
const isOffered = (data: SessionData, id: string): boolean => {
  const binding = Binding.read(data)
  return typeof binding === "object" && binding.id === id && binding.device === undefined
}

/** Whether the operation is a login, and the data names another user. */
const isOtherUsersLogin = (data: SessionData, operation: Operation): boolean =>
  operation._tag === "Identify" &&
  operation.over === "Anything" &&
  data.has("_auth_user_id") &&
  !namesSameUser(data, operation)

/** Changes `data` itself, so `data` must be a copy that no other code holds. */
export const applyTo = (data: Map<string, Member>, operation: Operation): void => {
  switch (operation._tag) {
    case "Set":
      Data.put(data, operation.key, operation.value)
      return
    case "Delete":
      data.delete(operation.key)
      return
    case "Bind":
      Data.put(data, Binding.dataKey, operation.value)
      return
    case "Clear":
      for (const key of data.keys()) if (key !== Binding.dataKey) data.delete(key)
      return
    case "Identify":
      Data.putAscii(data, "_auth_user_id", operation.id)
      Data.putAscii(data, "_auth_user_backend", operation.backend)
      Data.putAscii(data, "_auth_user_hash", operation.hash)
      if (operation.record !== undefined) Data.putAscii(data, recordKey, operation.record)
      return
    default:
      operation satisfies never
  }
}

/** The user that data names: see {@link IdentityTexts}. */
type UserTexts = Readonly<Record<"backend" | "id", JsonText>>

const namesSameUser = (data: SessionData, { backend, id }: UserTexts): boolean =>
  isSameId(textOf(Data.get(data, "_auth_user_id")), textOf(id)) &&
  textOf(Data.get(data, "_auth_user_backend")) === textOf(backend)

/** Whether both name the same user. Without a user in `one` the answer is `false`. */
export const nameSameUser = (one: SessionData, other: SessionData): boolean => {
  const [id, backend] = [Data.get(one, "_auth_user_id"), Data.get(one, "_auth_user_backend")]
  return id !== undefined && backend !== undefined && namesSameUser(other, { id, backend })
}

/** Some old sessions hold the id as a number. */
const textOf = (json: JsonText | undefined): string | undefined =>
  json === undefined ? undefined : String(Json.read(json))
