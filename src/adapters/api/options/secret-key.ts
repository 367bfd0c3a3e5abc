/** Checks the secret keys of an application. */
import { problem } from "./problem.ts"
import type { SettingsOptions } from "./settings-options.ts"

const MINIMUM_LENGTH = 32
/** The same number as in Django's check security.W009. */
const MINIMUM_DIFFERENT = 5

/** The beginning of the keys that Django's `startproject` makes: 50 random characters follow. */
const startProjectPrefix = "django-insecure-"

/**
 * Parts of secret keys in templates, tutorials and examples, in lower case and without punctuation. Each is long enough
 * that a random key does not contain it by chance.
 */
const placeholders = [
  "insecuresecret",
  "insecurekey",
  "notasecret",
  "changeme",
  "changethis",
  "replaceme",
  "replacethis",
  "replacewith",
  "yoursecret",
  "mysecretkey",
  "secretkeyhere",
  "supersecret",
  "secretsecret",
  "secretkeysecretkey",
  "your256bitsecret",
  "processenv",
  "passwordpassword",
  "correcthorsebattery",
  "1234567890123456",
  "0123456789abcdef",
  "abcdefghijklmnop",
  "placeholder",
  "keyboardcat",
  "thisisasecret",
  "passwordatleast32",
  "atleast32char",
  "donotuseinproduction"
]

/** @param isProduction whether weak keys are refused */
export const secretKeyProblems = (
  { secretKey, secretKeyFallbacks: fallbacks = [] }: SettingsOptions,
  isProduction: boolean
): ReadonlyArray<string> => [
  ...problem(
    secretKey === undefined || secretKey === "",
    "secretKey is missing: set the variable SECRET_KEY, or another one that you pass as secretKey; `npx latchkey secret` prints a new key"
  ),
  ...problem(fallbacks.includes(""), "secretKeyFallbacks: one of them is empty; remove it"),
  ...problem(
    secretKey !== undefined && fallbacks.includes(secretKey),
    "secretKeyFallbacks: one of them is secretKey itself, which does nothing; leave it out"
  ),
  ...(isProduction ? weakKeys(secretKey, fallbacks) : [])
]

const weakKeys = (secretKey: string | undefined, fallbacks: ReadonlyArray<string>): ReadonlyArray<string> =>
  [
    secretKey === undefined || secretKey === "" ? undefined : weakness("secretKey", secretKey),
    ...fallbacks.map((key) => (key === "" ? undefined : weakness("secretKeyFallbacks: one of them", key)))
  ].filter((text) => text !== undefined)

/** Warnings in production about keys that are not weak, but may be known. */
export const secretKeyWarnings = ({
  secretKey = "",
  secretKeyFallbacks = []
}: SettingsOptions): ReadonlyArray<string> => [
  ...problem(isFromStartProject(secretKey), `secretKey ${begins}`),
  ...problem(secretKeyFallbacks.some(isFromStartProject), `secretKeyFallbacks: one of them ${begins}`)
]

const begins =
  `begins with ${startProjectPrefix}: Django's startproject made it, and it may be in a repository; ` +
  "replace it here and in Django at the same time, as docs/beside-django.md says under “A new secret key”"

const isFromStartProject = (key: string): boolean =>
  key.startsWith(startProjectPrefix) && weakness("", key) === undefined

/** @returns a message if the key is weak; it begins with the name of the setting and never quotes the key */
const weakness = (setting: string, wholeKey: string): string | undefined => {
  const key = wholeKey.startsWith(startProjectPrefix) ? wholeKey.slice(startProjectPrefix.length) : wholeKey
  const plain = key.toLowerCase().replace(/[^a-z0-9]/g, "")
  const why =
    [...key].length < MINIMUM_LENGTH
      ? `has fewer than ${MINIMUM_LENGTH} characters`
      : new Set(key).size < MINIMUM_DIFFERENT
        ? `has fewer than ${MINIMUM_DIFFERENT} different characters`
        : placeholders.some((placeholder) => plain.includes(placeholder))
          ? "is a placeholder that attackers know"
          : undefined
  return why === undefined ? undefined : `${setting} ${why}: ${advice}`
}

const advice =
  "an attacker who guesses it can sign sessions; write 50 random characters, as `npx latchkey secret` prints, and if a Django shares the sessions, the same ones there"
