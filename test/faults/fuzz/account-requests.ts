/** Hostile requests for the account pages. Most have a valid CSRF token, so that the handler of the form gets them. */
import type { Dice } from "../dice.ts"
import {
  type AccountPageWithForm,
  accountForms,
  type Entry,
  isMarked,
  jsonOf,
  type Known,
  multipartOf,
  urlencodedOf,
  withMistakes
} from "./account-forms.ts"
import {
  all,
  contentType,
  headerLine,
  inLine,
  letter,
  many,
  mutated,
  nasty,
  one,
  redirectTarget
} from "./fuzz-grammar.ts"

export interface AccountRequest {
  readonly page: AccountPageWithForm
  readonly method: string
  readonly target: string
  readonly lines: ReadonlyArray<string>
  readonly body: Buffer
  /** The body, and the texts of the form, with its mistakes and without. */
  readonly texts: ReadonlyArray<string>
  /** Passwords that no answer may show: they were sent in the fields of passwords, and nowhere else. */
  readonly passwords: ReadonlyArray<string>
}

/** What the client has of a site besides what it knows of its users. */
export interface Client {
  /** The secret of the cookie `csrftoken`. */
  readonly csrfSecret: string
  /** The path of the page with the form of a link that was opened. */
  readonly opened: string | undefined
}

const linkRoutes = ["reset", "verify", "email"] as const

/** Pages as often as their forms should be tried. */
const pages = Object.entries({
  ...{ login: 4, logout: 1, signup: 6, password_reset: 6, password_change: 4, email_change: 6, sessions: 3 },
  ...{ reauthenticate: 3, deactivate: 2, delete: 2, reset: 2, verify: 3, email: 2 }
} satisfies Record<AccountPageWithForm, number>).flatMap(([page, times]) => Array<string>(times).fill(page))
const isPage = (text: string): text is AccountPageWithForm => Object.hasOwn(accountForms, text)

/** Often the page of a link that the client has opened or got. */
const drawPage = ({ links }: Known, { opened }: Client, dice: Dice): AccountPageWithForm => {
  const drawn = pages[dice.below(pages.length)] ?? ""
  const link = dice.below(2) === 0 ? opened : dice.below(3) === 0 ? links.at(-1) : undefined
  const [route = ""] = link?.split("/") ?? [drawn]
  return isPage(route) ? route : "login"
}

/** A page for a link: of the client's own mails, half of another link, or never valid. */
const linkPath = (route: string, { attacker, links, victim }: Known, { opened }: Client, dice: Dice): string => {
  if (opened?.startsWith(`${route}/`) === true && dice.below(4) > 0) return opened
  const own = links.filter((link) => link.startsWith(`${route}/`))
  const link = dice.pick([own.at(-1) ?? `${route}/${attacker.uid}/x`, ...own])
  const [, uid = "", token = ""] = (links[dice.below(links.length)] ?? link).split("/")
  return one(
    link,
    link,
    link,
    `${route}/${uid}/${token}`,
    `${route}/${victim.uid}/${token}`,
    `${route}/${victim.uid}/set-password`,
    `${route}/${attacker.uid}/set-password`,
    mutated(all(link)),
    all(`${route}/`, many(letter), "/", many(one(letter, "-", ".")))
  )(dice)
}

const plainLine = one(
  "Accept: text/html,application/xhtml+xml",
  "Accept: application/json",
  "Accept: application/json",
  all("Accept-Language: ", one("de", "de;q=0, en", "tlh", many(nasty, ",")))
)

export const accountRequest =
  (known: Known, client: Client) =>
  (dice: Dice): AccountRequest => {
    const page = drawPage(known, client, dice)
    const isLink = linkRoutes.some((route) => route === page)
    const path = isLink ? linkPath(page, known, client, dice) : page
    const isOpening = isLink && !path.endsWith("/set-password") && dice.below(4) > 0
    const other = () => dice.pick(["GET", "GET", "HEAD", "PUT", "OPTIONS", "post"])
    const method = isOpening ? "GET" : dice.below(8) === 0 ? other() : "POST"

    const [type, encode] = dice.pick<readonly [string, (form: ReadonlyArray<Entry>) => string]>([
      ["application/x-www-form-urlencoded", urlencodedOf],
      ["application/x-www-form-urlencoded", urlencodedOf],
      ["application/json", jsonOf],
      dice.below(4) > 0 ? ["application/json", jsonOf] : ["multipart/form-data; boundary=b", multipartOf]
    ])
    const token = dice.below(12) > 0 ? client.csrfSecret : one("", mutated(all(client.csrfSecret)), nasty)(dice)
    // Of other bodies the token is not read.
    const isTokenInForm = encode === urlencodedOf && dice.below(2) === 0
    const form: ReadonlyArray<Entry> = [
      ...(isTokenInForm ? [["csrfmiddlewaretoken", token] as const] : []),
      ...withMistakes(accountForms[page](known, dice), dice),
      ...(dice.below(3) === 0 ? [["next", redirectTarget(dice)] as const] : [])
    ]
    const isMutated = dice.below(8) === 0
    const right = encode(form)
    // A password in the middle of another field would not be recognised as one.
    const body = isMutated ? mutated(all(right.replace(/pw[a-z0-9]{16}/g, "x")))(dice) : right
    const huge = dice.below(60) === 0 ? (type === "application/json" ? " " : "&").repeat(150_000) : ""

    const isHttps = dice.below(4) === 0
    const lines = [
      `Content-Type: ${dice.below(25) === 0 ? contentType(dice) : type}`,
      ...(isTokenInForm ? [] : [`X-CSRFToken: ${token}`]),
      ...(isHttps ? ["X-Forwarded-Proto: https", "Origin: https://example.com"] : []),
      ...Array.from({ length: dice.below(3) }, () => plainLine(dice)),
      ...(dice.below(5) === 0 ? [headerLine(dice)] : [])
    ].map(inLine)
    const mount = one(
      "/account/",
      "/account/",
      "/account/",
      "/account/",
      all("http://", many(letter), "/account/")
    )(dice)
    const next = () => one(redirectTarget, (inner) => encodeURIComponent(redirectTarget(inner)))(dice)
    const query = dice.below(3) === 0 ? `?next=${next()}` : ""
    const whole = `${mount}${path}${dice.pick(["", "", "/"])}${query}`
    const target = inLine(dice.below(20) === 0 ? mutated(all(whole))(dice) : whole)

    const hasBody = !["GET", "HEAD", "OPTIONS"].includes(method)
    return {
      page,
      method,
      target: target.replace(/ /g, "%20") || "/",
      lines,
      body: hasBody ? Buffer.from(body + huge, isMutated ? dice.pick(["utf8", "latin1"]) : "utf8") : Buffer.alloc(0),
      texts: [
        body.replace(/\\(["\\/])/g, "$1"),
        ...new URLSearchParams(body).values(),
        ...form.flatMap(([, value]) => (typeof value === "string" ? [value] : []))
      ],
      passwords: form.flatMap(([name, value]) => (name.includes("password") && isMarked(value) ? [value] : []))
    }
  }
