/**
 * Compares the answers of two sites to one flow: everything that a client sees, except what has no meaning to it (white
 * space, the members `detail` and `reason`, texts of error pages). Random values are replaced by their kind and a
 * number in order of appearance, so that "the same value again" and "a new value" remain distinguishable.
 */
import { createHash, createHmac } from "node:crypto"
import { inflateSync } from "node:zlib"
import { parseSetCookie } from "../../rig/browser.ts"
import { instants } from "./bodies.ts"
import { canonicalJson } from "./canonical-json.ts"
import type { Answer } from "./client.ts"
import { added, type IntendedWith, intention, type Meant, type Reshaped, reshapedHere } from "./differences.ts"
import { FOREIGN_SECRET, type Names, type Step, UNKNOWN_KEY } from "./step.ts"

/** A step, its answer, and the site that answered. */
export interface Exchange {
  readonly step: Step
  readonly by: "Django" | "the example"
  /** The keys that the answering site signs with. */
  readonly secretKey: string
  readonly names: Names
  readonly answer: Answer
}

export interface Difference {
  readonly index: number
  readonly row: string
  readonly field: keyof View | "Cache-Control"
  readonly django: string
  readonly example: string
}

/** The parts of an answer that are compared, each as text. */
export interface View {
  readonly status: string
  readonly type: string
  readonly body: string
  readonly location: string
  readonly vary: string
  readonly cookies: string
}

const TOLERANCE_SECONDS = 8

/** Names each value by its first appearance in a transcript: `session 1`, `session 2`. */
const roles = () => {
  const names = new Map([
    [UNKNOWN_KEY, "THE UNKNOWN KEY"],
    [FOREIGN_SECRET, "the foreign secret"]
  ])
  const counts = new Map<string, number>()
  return (kind: string, value: string): string => {
    const known = names.get(value)
    if (known !== undefined) return known
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    names.set(value, `${kind} ${count}`)
    return `${kind} ${count}`
  }
}
type Roles = ReturnType<typeof roles>

/** What is needed to read one transcript. */
interface Reading {
  readonly role: Roles
  /** Rewrites a number that the example writes in another form on purpose. */
  readonly number: (row: string, text: string) => string
}

const view = ({ answer, names, secretKey, step }: Exchange, reading: Reading): View => {
  const isJson = answer.type === "application/json"
  const json = jsonReader(step, reading)
  return {
    status: String(answer.status),
    type: isJson ? "JSON" : mediaType(step.ask.row, answer),
    cookies: answer.setCookie
      .map((header) => cookie(header, { at: answer.at, json, names, role: reading.role, secretKey }))
      .join("\n"),
    body: isJson ? json(answer.body) : isErrorPage(answer) ? "a text" : answer.body,
    location: String(answer.location),
    vary: String(answer.vary)
  }
}

/** Error pages may be HTML, and so is the answer of /fail at the Django site. An empty body has no media type. */
const mediaType = (row: string, answer: Answer): string => {
  if (isErrorPage(answer) || row === "GET /fail") return "text"
  return answer.body === "" ? "none" : String(answer.type)
}

/** The text of an error page is not compared; the text of an answer of /fail is. */
const isErrorPage = ({ body, status }: Answer): boolean => status >= 400 && body !== "failed"

type JsonReader = (text: string) => string

const jsonReader =
  (step: Step, { number, role }: Reading): JsonReader =>
  (text) => {
    const member = (key: string, value: string): string => {
      switch (key) {
        case "detail":
        case "reason":
          return "free"
        case "token":
        case "_csrftoken":
          return role("secret", unmasked(value) ?? value)
        case "_auth_user_hash":
          return /^[0-9a-f]{64}$/.test(value) ? role("auth hash", value) : value
        default:
          return value
      }
    }
    try {
      return canonicalJson(text, { member, number: (written) => number(step.ask.row, written) })
    } catch {
      return `NOT JSON: ${text}`
    }
  }

// ---- cookies -----------------------------------------------------------------------------------------------------

/** What is needed to read a Set-Cookie. */
interface CookieReading {
  readonly role: Roles
  readonly json: JsonReader
  readonly names: Names
  /** Epoch milliseconds at which the answer arrived. */
  readonly at: number
  /** The keys for reading sessions that are stored in cookies. */
  readonly secretKey: string
}

const cookie = (header: string, reading: CookieReading): string => {
  const { attributes, name, value } = parseSetCookie(header)
  const maxAge = attributes.find(([attribute]) => attribute === "Max-Age")?.[1]
  const told = attributes.map(([attribute, given]) => {
    if (attribute === "Max-Age") return `Max-Age=${age(Number(given), reading.at)}`
    if (attribute !== "expires" || given === true) return given === true ? attribute : `${attribute}=${given}`
    const due = Date.parse(given)
    const isTimely = Math.abs((due - reading.at) / 1000 - Number(maxAge)) <= TOLERANCE_SECONDS
    return isTimely && new Date(due).toUTCString() === given ? "expires=now + Max-Age" : `expires=${given}`
  })
  return [`${name}=${cookieValue(name, value, reading)}`, ...told].join("; ")
}

/**
 * An age that ends at one of the fixed instants of the flows is replaced by that instant, because the two sites are not
 * called at the same moment.
 */
const age = (seconds: number, at: number): string => {
  const end = at / 1000 + seconds
  return instants.find((text) => Math.abs(Date.parse(text) / 1000 - end) <= TOLERANCE_SECONDS) ?? String(seconds)
}

const cookieValue = (name: string, value: string, reading: CookieReading): string => {
  const { names, role } = reading
  if (name === names.csrf && /^[a-zA-Z0-9]{32}$/.test(value)) return role("secret", value)
  const secret = name === names.csrf ? unmasked(value) : undefined
  if (secret !== undefined) return `${role("secret", secret)} under ${role("mask", value)}`
  if (name === names.session && /^[a-z0-9]{32}$/.test(value)) return role("session", value)
  if (name === names.session && value.includes(":")) return signedSession(value, reading)
  return value
}

/** The data of a session that is stored in its cookie, if the signature and the time of signing are right. */
const signedSession = (value: string, { at, json, secretKey }: CookieReading): string => {
  const [body = "", stamp = "", signature = "", ...more] = value.split(":")
  const key = createHash("sha256").update(`django.contrib.sessions.backends.signed_cookiessigner${secretKey}`).digest()
  if (createHmac("sha256", key).update(`${body}:${stamp}`).digest("base64url") !== signature || more.length > 0) {
    return `NOT SIGNED: ${value}`
  }
  const signedAt = [...stamp].reduce((sum, digit) => sum * 62 + DIGITS.indexOf(digit), 0)
  if (Math.abs(signedAt - at / 1000) > TOLERANCE_SECONDS) return `SIGNED AT ${signedAt}`
  const packed = Buffer.from(body.replace(/^\./, ""), "base64url")
  return `signed ${json((body.startsWith(".") ? inflateSync(packed) : packed).toString("latin1"))}`
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/** The secret of a masked CSRF token; `undefined` when the text is not a token. */
export const unmasked = (token: string): string | undefined => {
  if (!/^[a-zA-Z0-9]{64}$/.test(token)) return undefined
  const index = (at: number): number => ALPHABET.indexOf(token.charAt(at))
  return Array.from({ length: 32 }, (_, i) => ALPHABET[(index(32 + i) - index(i) + 62) % 62]).join("")
}

// ---- differences -------------------------------------------------------------------------------------------------

/** The fields of each answer of a transcript that are compared. */
export const views = (exchanges: ReadonlyArray<Exchange>): ReadonlyArray<View> => {
  const reading = { role: roles(), number: (_: string, text: string) => text }
  return exchanges.map((exchange) => view(exchange, reading))
}

/**
 * What the example must answer where Django answers this: the same, except for the changes that its framework makes.
 */
export const reshaped = <Seen extends Partial<View>>(
  row: string,
  seen: Seen,
  needed: (entry: Reshaped) => void = () => {}
): Seen => {
  const changes = reshapedHere.flatMap((entry) => {
    const value = entry.rows.includes(row) ? seen[entry.field] : undefined
    if (value === undefined || entry.instead(value) === value) return []
    needed(entry)
    return [[entry.field, entry.instead(value)] as const]
  })
  return { ...seen, ...Object.fromEntries(changes) }
}

const fields = ["status", "type", "body", "location", "vary", "cookies"] as const

/**
 * Where two transcripts of one flow differ unintentionally.
 * @param needed is called with each intended difference that was found
 * @param intendedHere the differences that are intended with these sites' settings
 */
export const differences = (
  django: ReadonlyArray<Exchange>,
  example: ReadonlyArray<Exchange>,
  needed: (entry: Meant) => void = () => {},
  intendedHere: ReadonlyArray<IntendedWith> = []
): ReadonlyArray<Difference> => {
  const theirs = { role: roles(), number: (_: string, text: string) => text }
  const ours = {
    role: roles(),
    number: (row: string, text: string) => {
      const entry = intention(row, "number", undefined, text)
      if (entry !== undefined) needed(entry)
      return entry?.django ?? text
    }
  }
  let parted = false
  return example.flatMap((exchange, index) => {
    if (parted) return []
    const reference = django[index]
    const { row } = exchange.step.ask
    const told = reference === undefined ? undefined : view(reference, theirs)
    const expected = told === undefined || exchange.by === "Django" ? told : reshaped(row, told, needed)
    const actual = view(exchange, ours)
    const caching = cachingDifferences(index, reference, exchange, needed)
    const seen = fields.flatMap((field) => {
      const of = { index, row, field, django: expected?.[field] ?? "no answer", example: actual[field] }
      if (of.django === of.example) return []
      const withSettings = expected && intendedHere.find((one) => one.field === field && one.is(expected, actual))
      if (withSettings?.parts === true) parted = true
      const entry = withSettings ?? intention(row, field, of.django, of.example)
      if (entry !== undefined) needed(entry)
      return entry === undefined ? [of] : []
    })
    return [...seen, ...caching]
  })
}

/**
 * Answers of the example that set a cookie must forbid shared caches to store them; Django does not add this header.
 */
const cachingDifferences = (
  index: number,
  reference: Exchange | undefined,
  { answer, by, step }: Exchange,
  needed: (entry: Meant) => void
): ReadonlyArray<Difference> => {
  if (by === "Django" || answer.setCookie.length === 0) return []
  const [theirs, ours] = [String(reference?.answer.cacheControl), String(answer.cacheControl)]
  if (!/\b(private|no-store)\b/.test(ours))
    return [{ index, row: step.ask.row, field: "Cache-Control", django: theirs, example: ours }]
  if (theirs === "undefined" && ours === added.example) needed(added)
  return []
}
