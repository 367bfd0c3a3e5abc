/**
 * The record of a session as a text, for stores that keep texts. It has five lines: id, started at, seen at, the user,
 * the client. A text has one character per byte.
 */
import type { SessionRecord, SessionUser, Visitor } from "../../core/effect.ts"

export const recordText = (record: SessionRecord): string =>
  [record.id, record.startedAt, record.seenAt, userText(record.user), clientText(record)].join("\n")

export const userText = ({ backend, id }: SessionUser): string => bytesOf(JSON.stringify([backend, id]))

export const clientText = ({ clientAddress, userAgent }: Visitor): string =>
  bytesOf(JSON.stringify([clientAddress ?? null, userAgent ?? null]))

/** @returns `undefined` if there is no record */
export const parseRecord = (text: unknown): SessionRecord | undefined => {
  if (typeof text !== "string") return undefined
  const [id, startedAt, seenAt, user = "", client = ""] = text.split("\n")
  const [backend, userId] = parsed(user)
  const [clientAddress, userAgent] = parsed(client)
  if (id === undefined || backend === undefined || userId === undefined) return undefined
  const of = { backend, id: userId }
  return { id, user: of, startedAt: Number(startedAt), seenAt: Number(seenAt), clientAddress, userAgent }
}

/** The texts of a JSON array; `undefined` for `null`. */
const parsed = (bytes: string): ReadonlyArray<string | undefined> => {
  try {
    const values: unknown = JSON.parse(Buffer.from(bytes, "latin1").toString("utf8"))
    return Array.isArray(values) ? values.map((value) => (typeof value === "string" ? value : undefined)) : []
  } catch {
    return []
  }
}

const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1")
