/**
 * How each Django version differs from the newest, as far as a client or another application on the same database can
 * notice. There is one row for each version, with the changes of that version. Other modules get plain settings from
 * here and do not know versions.
 *
 * Security releases change Django within a version (`Vary` on every response with the session cookie, limits on the
 * length of URLs). These changes are not listed here: they apply with every version. What older versions wrote (masked
 * CSRF secrets, texts signed with an older key) is accepted with every version too.
 */

/** The version of the Django that shares the database. 6.2 is its state of August 2026, before its release. */
export type DjangoVersion = keyof typeof djangoVersions

/** The settings in which Django versions differ. */
export interface DjangoVersionSettings {
  /** Iterations of new PBKDF2 hashes. */
  readonly pbkdf2Iterations: number
  /** scrypt's p; `undefined`: this Django does not support scrypt. */
  readonly scryptParallelism: number | undefined
  /** The cookie or session keeps the CSRF secret masked: with CSRF_COOKIE_MASKED, or always in old versions. */
  readonly masksCsrfSecret: boolean
  /** A malformed CSRF cookie is replaced only when the application gets a token. */
  readonly keepsMalformedCsrf: boolean
  /** The Origin header is ignored: https requests are checked by their Referer, others by the token alone. */
  readonly ignoresOrigin: boolean
  /** Every fault of a CSRF token has the same reason. */
  readonly generalizesCsrfReasons: boolean
  /** A session is written unless the status is 500, instead of unless it is 500 or above. */
  readonly savesServerErrors: boolean
  /** This Django cannot read a session that expires at a fixed instant, so none may be written. */
  readonly refusesInstants: boolean
  /** Generated ids are numbered by sequences (`serial`), and not by identity columns of PostgreSQL. */
  readonly makesSequences: boolean
  /** Accepts sessions that Django 3.0 and older wrote, and signatures and hashes made with SHA-1. */
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
  makesSequences: true,
  readsSha1: true
} satisfies DjangoVersionSettings

const django40 = {
  ...django32,
  pbkdf2Iterations: 320_000,
  scryptParallelism: 1,
  keepsMalformedCsrf: false,
  ignoresOrigin: false,
  generalizesCsrfReasons: false,
  readsSha1: false
} satisfies DjangoVersionSettings

const django41 = {
  ...django40,
  pbkdf2Iterations: 390_000,
  masksCsrfSecret: false,
  refusesInstants: false,
  makesSequences: false
} satisfies DjangoVersionSettings

const django42 = { ...django41, pbkdf2Iterations: 600_000, savesServerErrors: false } satisfies DjangoVersionSettings
const django51 = { ...django42, pbkdf2Iterations: 870_000, scryptParallelism: 5 } satisfies DjangoVersionSettings

/**
 * The settings of each Django version. Django's argon2 and bcrypt settings have not changed since 3.2. Single settings
 * can be overridden: `{ ...djangoVersions["3.2"], ignoresOrigin: false }`.
 */
export const djangoVersions = {
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
} as const satisfies Readonly<Record<string, DjangoVersionSettings>>

/** The version that is assumed if none is configured. */
export const defaultDjangoVersion: DjangoVersion = "5.2"

export const isDjangoVersion = (text: string): text is DjangoVersion => Object.hasOwn(djangoVersions, text)
