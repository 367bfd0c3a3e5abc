/**
 * What a Django of each version does otherwise than the newest, as far as a client or an application on the same
 * database can tell. One row a version, each with what changed in it; parts that decide get plain settings from here
 * and know no version.
 *
 * Not here, since it is no version's: what a security release changed within a version (`Vary` wherever the session
 * cookie goes out, limits on the length of URLs) holds beside every Django, and so does reading what the versions
 * before wrote (masked CSRF secrets, texts signed with an older key).
 */

/** The version of the Django that shares the database; 6.2 as it stood in August 2026, before its release. */
export type Peer = keyof typeof peers

/** What tells one Django from another. */
export interface PeerSettings {
  /** Of new PBKDF2 hashes. */
  readonly pbkdf2Iterations: number
  /** scrypt's p; `undefined`: this Django knows no scrypt. */
  readonly scryptParallelism: number | undefined
  /** The CSRF secret is kept under a mask, in the cookie and in the session: CSRF_COOKIE_MASKED, or no choice. */
  readonly masksCsrfSecret: boolean
  /** A malformed CSRF cookie is replaced when a secret is wanted, instead of at once. */
  readonly keepsMalformedCsrf: boolean
  /** The Origin header is not looked at: https requests are judged by their Referer, others by the token alone. */
  readonly ignoresOrigin: boolean
  /** Whatever is wrong with a CSRF token, the reason given is one. */
  readonly generalizesCsrfReasons: boolean
  /** A session is written after any status but 500, instead of any below 500. */
  readonly savesServerErrors: boolean
  /** A session that ends at an instant breaks this Django, so that none may be written. */
  readonly refusesInstants: boolean
  /** Sessions are read that Django 3.0 and older wrote, and what was signed or hashed with SHA-1. */
  readonly readsSha1: boolean
}

const django32 = {
  pbkdf2Iterations: 260_000,
  scryptParallelism: undefined,
  masksCsrfSecret: true,
  keepsMalformedCsrf: true,
  ignoresOrigin: true,
  generalizesCsrfReasons: true,
  savesServerErrors: true,
  refusesInstants: true,
  readsSha1: true
} satisfies PeerSettings

const django40 = {
  ...django32,
  pbkdf2Iterations: 320_000,
  scryptParallelism: 1,
  keepsMalformedCsrf: false,
  ignoresOrigin: false,
  generalizesCsrfReasons: false,
  readsSha1: false
} satisfies PeerSettings

const django41 = {
  ...django40,
  pbkdf2Iterations: 390_000,
  masksCsrfSecret: false,
  refusesInstants: false
} satisfies PeerSettings

const django42 = { ...django41, pbkdf2Iterations: 600_000, savesServerErrors: false } satisfies PeerSettings
const django51 = { ...django42, pbkdf2Iterations: 870_000, scryptParallelism: 5 } satisfies PeerSettings

/**
 * Stock Djangos, by version. Their argon2 and bcrypt have not changed since 3.2. A row may be taken in parts, say
 * `{ ...peers["3.2"], ignoresOrigin: false }`.
 */
export const peers = {
  "3.2": django32,
  "4.0": django40,
  "4.1": django41,
  "4.2": django42,
  "5.0": { ...django42, pbkdf2Iterations: 720_000 },
  "5.1": django51,
  "5.2": { ...django51, pbkdf2Iterations: 1_000_000 },
  "6.0": { ...django51, pbkdf2Iterations: 1_200_000 },
  "6.1": { ...django51, pbkdf2Iterations: 1_500_000 },
  "6.2": { ...django51, pbkdf2Iterations: 1_800_000 }
} as const satisfies Readonly<Record<string, PeerSettings>>

/** What is supposed where nobody says otherwise. */
export const defaultPeer: Peer = "5.2"

export const isPeer = (text: string): text is Peer => Object.hasOwn(peers, text)
