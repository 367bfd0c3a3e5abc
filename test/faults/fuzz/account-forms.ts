/** The forms of the account pages: right ones, and ones with mistakes in some of their fields. */
import type { Dice } from "../dice.ts"
import { all, type Grammar, letter, many, mutated, nasty, one, redirectTarget } from "./fuzz-grammar.ts"

/** What a client knows of a user whose password it knows. */
export interface Person {
  readonly username: string
  readonly email: string
  /** The first part of a link for this user. */
  readonly uid: string
  /** The password, and another one that the person may change to. */
  readonly passwords: readonly [string, string]
}

/** The users of one site for a while, as the client knows them. */
export interface Known {
  /** The client reads this user's mails and knows the password. */
  readonly attacker: Person
  readonly victim: Omit<Person, "passwords">
  /** The ids of the victim's sessions. */
  readonly sessions: ReadonlyArray<string>
  /** The links in mails to addresses of the client: `reset/<uid>/<token>`. */
  readonly links: ReadonlyArray<string>
}

/** A field of a form. Only JSON can send another value than a text. */
export type Entry = readonly [name: string, value: unknown]

export type AccountForm = (known: Known, dice: Dice) => ReadonlyArray<Entry>

/** A password that occurs in no other field, so that it is known wherever it is shown. */
export const newPassword: Grammar = (dice) => `pw${Array.from({ length: 16 }, () => letter(dice)).join("")}`
export const isMarked = (value: unknown): value is string => typeof value === "string" && /^pw[a-z0-9]{16}$/.test(value)

const current = ({ attacker: { passwords } }: Known): Grammar =>
  one(passwords[0], passwords[0], passwords[0], passwords[1], newPassword)
const twice = ({ attacker: { passwords } }: Known, dice: Dice, first: string, second: string): ReadonlyArray<Entry> => {
  const unfit = () => dice.pick(["1234\ud8005678", "1234\udfff5678", "1234\x005678"])
  const password = dice.below(8) === 0 ? unfit() : dice.pick([passwords[0], ...passwords, "12345678"])
  return [
    [first, password],
    [second, password]
  ]
}

/** The same address in another spelling, or one that looks like it. */
const spelled = (email: string): Grammar =>
  one(
    email,
    email,
    email.toUpperCase(),
    ` ${email}\t`,
    email.replace(/[ei]/, (vowel) => (vowel === "e" ? "\u0435" : "\u0131")),
    email.replace("@", "@\u212a"),
    `${email}\r\nBcc: eve@evil.example`,
    `${email}, eve@evil.example`,
    `"${email}" <eve@evil.example>`,
    email.replace("example.com", "example.com\u3002evil.example"),
    mutated(all(email))
  )
const newName = all("n", letter, letter, letter, letter, letter)
const newAddress = all(newName, one("@example.com", "@Example.COM", "@b\u00fccher.example", "+x@a.example"))

/** By the path of the page. A link's page has only the first part of its path. */
export const accountForms = {
  login: (known, dice) => [
    ["username", one(known.attacker.username, known.attacker.username, known.victim.username)(dice)],
    ["password", current(known)(dice)],
    ...(dice.below(2) === 0 ? [["remember", one("on", "")(dice)] as const] : [])
  ],
  logout: () => [],
  signup: (known, dice) => [
    ["username", one(newName, newName, newName, known.victim.username, known.attacker.username)(dice)],
    ["email", one(newAddress, newAddress, newAddress, newAddress, spelled(known.victim.email))(dice)],
    ...twice(known, dice, "password1", "password2")
  ],
  password_reset: (known, dice) => [
    ["email", one(known.attacker.email, spelled(known.attacker.email), spelled(known.victim.email))(dice)]
  ],
  password_change: (known, dice) => [
    ["old_password", current(known)(dice)],
    ...twice(known, dice, "new_password1", "new_password2")
  ],
  email_change: (known, dice) => [
    ["email", one(newAddress, newAddress, newAddress, spelled(known.victim.email))(dice)],
    ["password", current(known)(dice)]
  ],
  sessions: (known, dice) => [["session", dice.pick(["", ...known.sessions, "x"])]],
  reauthenticate: (known, dice) => [["password", current(known)(dice)]],
  deactivate: (known, dice) => [["password", current(known)(dice)]],
  delete: (known, dice) => [["password", current(known)(dice)]],
  reset: (known, dice) => twice(known, dice, "new_password1", "new_password2"),
  verify: (known, dice) => [["password", current(known)(dice)]],
  email: () => []
} as const satisfies Readonly<Record<string, AccountForm>>

export type AccountPageWithForm = keyof typeof accountForms

// ---- mistakes ------------------------------------------------------------------------------------------------------

const long: Grammar = (dice) =>
  one(letter, "\u0301", "\0", "\ud800", "\u{1f600}", "<", "%")(dice).repeat(dice.pick([151, 255, 4097, 10_000, 40_000]))

const hostileText = one(
  "",
  "\0",
  all(many(letter), "\0", many(letter)),
  "\ud800",
  all(many(letter), one("\ud800", "\udfff"), "@example.com"),
  " \u2003\t\n",
  long,
  nasty,
  nasty,
  redirectTarget,
  "x\r\nInjected: 1\r\nSet-Cookie: injected=1",
  '"><img src=x onerror=alert(1)><script>alert(1)</script>',
  "' onfocus=alert(1) autofocus='",
  "{{7*7}}<%= 7*7 %>",
  '"a b"@example.com',
  "a@[127.0.0.1]",
  "\u00bd@\u00be",
  "al\u200bice\u202e",
  "' OR 1=1; --",
  "__proto__",
  newPassword,
  newPassword
)
const otherValues: ReadonlyArray<unknown> = [
  ...[1, -0, 1e308, true, null, [], ["x", "alice"], [["x"]], {}],
  ...[{ toString: "x" }, JSON.parse('{"__proto__":{"length":1}}'), { length: 3, at: 1 }]
]
const extraName = one("next", "next", "csrfmiddlewaretoken", "__proto__", "constructor", "getAll", "toString", nasty)

/** A form with mistakes in some fields: another value, missing, twice, and further fields. A third stays as it was. */
export const withMistakes = (form: ReadonlyArray<Entry>, dice: Dice): ReadonlyArray<Entry> => {
  if (dice.below(3) === 0) return form
  const hostile = (name: string): Entry => {
    if (dice.below(4) === 0) return [name, otherValues[dice.below(otherValues.length)]]
    // A password is only ever in its own field, so no other field has its mark.
    const text = hostileText(dice)
    return [name, isMarked(text) && !name.includes("password") ? "" : text]
  }
  const fields = form.flatMap((entry): ReadonlyArray<Entry> => {
    const [name] = entry
    if (dice.below(3) > 0) return [entry]
    return dice.pick<() => ReadonlyArray<Entry>>([
      () => [],
      () => [hostile(name)],
      () => [hostile(name)],
      () => [hostile(name), entry],
      () => [entry, hostile(name)],
      () => [entry, entry]
    ])()
  })
  return dice.below(5) === 0 ? [...fields, hostile(extraName(dice))] : fields
}

// ---- how a form is sent --------------------------------------------------------------------------------------------

/** Bytes of a text, with lone surrogates as three bytes each. */
const bytesOf = (character: string): Uint8Array => {
  if (character.isWellFormed()) return Buffer.from(character)
  const code = character.charCodeAt(0)
  return Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
}
const percent = (text: string): string =>
  text.replace(/[^A-Za-z0-9_.~-]/gu, (character) =>
    Array.from(bytesOf(character), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
  )

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

export const urlencodedOf = (form: ReadonlyArray<Entry>): string =>
  form.map(([name, value]) => `${percent(name)}=${percent(textOf(value))}`).join("&")

export const jsonOf = (form: ReadonlyArray<Entry>): string =>
  `{${form.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`

export const multipartOf = (form: ReadonlyArray<Entry>): string => {
  const part = ([name, value]: Entry) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${textOf(value)}`
  return [...form.map(part), "--b--", ""].join("\r\n")
}
