/**
 * The beginning of a stored text, where a session of a user names this user. A store reads it without the secret key,
 * also in SQL, so that it can load the user together with the session. **Nothing here is verified**: the result is a
 * guess, which counts only if the verified data names the same user.
 *
 * | the session's JSON | its text begins with |
 * | --- | --- |
 * | not deflated | the JSON in base64 |
 * | deflated by `deflateBehind` | a dot, and in base64: the zlib header, the header of a stored block, the JSON |
 * | deflated by Django | a dot, and bytes that only inflating makes readable |
 */
import { byteString, bytesOf } from "../../json/json-bytes.ts"
import * as Base64url from "../../signing/base64url.ts"
import { streamHead } from "./deflate.ts"

/** What the JSON of a session begins with, if it held nothing before the login: the order of keys is that of Django. */
const member = '{"_auth_user_id":'

/** How many bytes of a deflated JSON stay readable: enough for an id and the name of a backend. */
export const readableBytes = 192

/** The beginning of a text up to the value of the user id, and the base64 digits before the first one of the JSON. */
interface TextHead {
  readonly digits: string
  readonly marker: "" | "."
  readonly bytesBefore: number
}

const headOf = (marker: TextHead["marker"], before: Uint8Array, json: string): TextHead => ({
  digits: marker + Base64url.encode(Buffer.concat([before, bytesOf(json)])),
  marker,
  bytesBefore: before.length
})

/** Both have a number of bytes that three divides, so the id begins with a new digit. */
const heads: ReadonlyArray<TextHead> = [
  headOf("", new Uint8Array(), `${member}"`),
  headOf(".", streamHead(readableBytes), member)
]

/**
 * After each of these beginnings a text has the user id in base64, with a quotation mark behind it and perhaps before
 * it.
 */
export const textHeads: ReadonlyArray<string> = heads.map(({ digits }) => digits)

/** Whether the identity comes first in this JSON. */
export const namesUserFirst = (json: Uint8Array): boolean =>
  byteString(json.subarray(0, member.length + 1)) === `${member}"`

const user = /^\{"_auth_user_id":"([A-Za-z0-9_.@+-]+)","_auth_user_backend":"([\w.-]+)"/

/** The user that a text names at its beginning. Not verified. */
export const presumedUser = (text: string): { readonly backend: string; readonly id: string } | undefined => {
  const head = heads.find(({ digits }) => text.startsWith(digits))
  if (head === undefined) return undefined
  const { bytesBefore, marker } = head
  const digits = text.slice(marker.length, marker.length + Math.ceil(((bytesBefore + readableBytes) * 4) / 3))
  const [, id, backend] = user.exec(Buffer.from(digits, "base64url").toString("latin1", bytesBefore)) ?? []
  return id === undefined || backend === undefined ? undefined : { backend, id }
}
