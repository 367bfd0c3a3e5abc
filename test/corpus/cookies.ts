/** The cookies of the corpus, with the session keys of two users in place of the made-up ones. */
import rows from "./cookie.json" with { type: "json" }

export { default as cookieRows } from "./cookie.json" with { type: "json" }

export type CookieRow = (typeof rows)[number]

const alicesPlaces = ["<A>", "a".repeat(32), "0123456789abcdef0123456789abcdef"]
const bobsPlaces = ["<B>", "b".repeat(32), "fedcba9876543210fedcba9876543210"]

const filled = (text: string, places: ReadonlyArray<string>, key: string): string =>
  places.reduce((before, place) => before.replaceAll(place, key), text)

/** The header lines of a row. */
export const cookieLines = ({ gen, input }: CookieRow, alice: string, bob: string): ReadonlyArray<string> => {
  const text = gen === undefined ? input : `sessionid="${'\\"'.repeat(7000)}"`
  const placed = filled(filled(text, alicesPlaces, alice), bobsPlaces, bob)
  return placed.startsWith("raw:") ? placed.slice(4).split("\\r\\n") : [`Cookie: ${placed}`]
}

/** The rows that identify a user. As in Django, the last cookie of a name counts. */
const known: Readonly<Record<string, string>> = {
  B001: "bob",
  B009: "bob",
  B025: "alice",
  B027: "alice",
  B031: "bob",
  B033: "bob"
}

/** The user that a row identifies. */
export const cookieUser = ({ id }: CookieRow): string | undefined => known[id]

/** Whether the corpus expects that the request is anonymous. */
export const expectsNobody = ({ expect }: CookieRow): boolean => /^(anon|same as duplicate)/.test(expect)
