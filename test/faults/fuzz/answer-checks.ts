/** What every answer must be like, no matter what was sent. Requests are for `example.com`. */
import type { Reply } from "../../full-stack/wire.ts"

/** Any other header was made by the text of a client. */
const headers = new Set(
  `allow cache-control connection content-language content-length content-security-policy content-type
  cross-origin-resource-policy date keep-alive location referrer-policy retry-after secure-session-challenge
  secure-session-registration secure-session-skipped set-cookie transfer-encoding vary x-content-type-options
  x-frame-options`.split(/\s+/)
)
/** Of the account pages and the example. */
const tags = new Set(
  `!doctype a body button code dd div dl dt footer form h1 h2 head header html input label li link main meta nav p section
  strong time title ul`.split(/\s+/)
)
const attributes = new Set(
  `action aria-current aria-describedby aria-invalid aria-label aria-labelledby autocapitalize autocomplete autofocus
  charset checked class content datetime dir for hidden href html id lang method name novalidate readonly rel required
  role spellcheck tabindex type value`.split(/\s+/)
)

/** @returns problems; empty: the answer is well-formed, and leads to no other site */
export const problemsOfAnswer = (reply: Reply): ReadonlyArray<string> => [
  ...[...reply.headers].flatMap(([name, values]) => [
    ...(headers.has(name) ? [] : [`a header ${name}`]),
    ...(values.every((value) => /^[\t -~]*$/.test(value)) ? [] : [`a character in ${name} that is no ASCII`])
  ]),
  ...cookieLines(reply)
    .filter((line) => !/^[\w-]+=("[^"]*"|[!-~]*);/.test(line))
    .map(() => "a malformed Set-Cookie"),
  ...redirectsOf(reply)
    .filter((url) => !isOwn(url))
    .map((url) => `a redirect to ${JSON.stringify(url)}`),
  ...(isHtml(reply) ? problemsOfHtml(reply.body) : [])
]

/** Where an answer redirects: the header, and what clients get that ask for JSON. */
export const redirectsOf = ({ body, headers }: Reply): ReadonlyArray<string> => {
  const isJson = headers.get("content-type")?.[0] === "application/json"
  const redirect: unknown = isJson && body.startsWith('{"redirect":') ? JSON.parse(body).redirect : undefined
  return [...(headers.get("location") ?? []), ...(typeof redirect === "string" ? [redirect] : [])]
}

export const isHtml = ({ headers }: Reply): boolean => /^text\/html\b/.test(headers.get("content-type")?.[0] ?? "")

const cookieLines = ({ headers }: Reply): ReadonlyArray<string> => headers.get("set-cookie") ?? []

/** As a browser reads it, which stays where it is if a text is no URL. `data:,` is the empty icon of the example. */
const isOwn = (url: string): boolean => {
  const parsed = URL.parse(url, "http://example.com/any/page")
  return parsed === null || parsed.host === "example.com" || url === "data:,"
}

const problemsOfHtml = (html: string): ReadonlyArray<string> =>
  (html.match(/<[^>]*>?/g) ?? []).flatMap((tag) => {
    const [, name = "", rest = ""] = /^<\/?(!?[a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>$/.exec(tag) ?? []
    const written = [...rest.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/g)]
    const isFamiliar = tags.has(name) && written.every(([, attribute = ""]) => attributes.has(attribute))
    const links = written.flatMap(([, attribute, value = ""]) =>
      attribute === "href" || attribute === "action" ? [unescaped(value)] : []
    )
    return [
      ...(isFamiliar ? [] : [`markup of a client: ${tag.slice(0, 100)}`]),
      ...links.filter((url) => !isOwn(url)).map((url) => `a link to ${JSON.stringify(url)}`)
    ]
  })

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' }
const unescaped = (text: string): string =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name = "") =>
    code === undefined ? (named[name] ?? whole) : String.fromCodePoint(Number(code))
  )
