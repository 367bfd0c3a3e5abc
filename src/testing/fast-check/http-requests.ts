/** Whole HTTP requests: those of browsers, and broken or hostile ones. */
import * as fc from "fast-check"
import { checkOptions, type Kind, type Kinds, object } from "../../adapters/options/option-kinds.ts"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import { originKind } from "../site/origin-kind.ts"

/** What the requests of {@link requests} and {@link requestHeads} are about. */
export interface RequestOptions {
  /** The origin of the site. Default `http://localhost`. */
  readonly origin?: string
  /** Paths of the site. Default `/`. Some requests have a query, or go to another path. */
  readonly paths?: ReadonlyArray<string>
  /**
   * Cookies that the site has issued, by name. Requests send them, send others in their place, or do not send them.
   * Default: `sessionid` and `csrftoken`, with values that were not issued.
   */
  readonly cookies?: Readonly<Record<string, string>>
  /**
   * Right values for the fields of forms, by name. Requests send them, send others in their place, or do not send them.
   */
  readonly fields?: Readonly<Record<string, string>>
}

type Header = readonly [name: string, value: string]

const header = (name: string, value: string): Header => [name, value]

/** A request, before it is a `Request` or a {@link RequestHead}. */
interface Parts {
  readonly method: string
  readonly target: string
  readonly headers: ReadonlyArray<Header>
  readonly body: string | undefined
}

const unissued = "abcdefghijklmnopqrstuvwxyz012345"

/** The characters that a header may have. */
const headerText = (): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.oneof(fc.constantFrom(...'=;,"\\ \t%&:/a1'), latin1()), maxLength: 20 })
    .map((text) => text.trim())

const latin1 = (): fc.Arbitrary<string> =>
  fc.integer({ min: 0x21, max: 0xff }).map((code) => (code === 0x7f ? "x" : String.fromCharCode(code)))

/** The right value, one that is almost right, or any. */
const near = (right: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(right) },
    { weight: 2, arbitrary: fc.constantFrom("", right.slice(1), `${right}a`, right.toUpperCase(), `"${right}"`) },
    { weight: 1, arbitrary: headerText() }
  )

const pairsOf = (values: Readonly<Record<string, string>>): fc.Arbitrary<ReadonlyArray<Header>> =>
  fc
    .tuple(
      ...Object.entries(values).map(([name, right]) =>
        fc.array(
          near(right).map((value) => header(name, value)),
          { maxLength: 2, size: "max" }
        )
      )
    )
    .map((lists) => lists.flat())

const targets = (paths: ReadonlyArray<string>): fc.Arbitrary<string> => {
  const path = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...paths) },
    { weight: 1, arbitrary: fc.webPath().map((text) => (text.startsWith("/") ? text : `/${text}`)) },
    { weight: 1, arbitrary: fc.constantFrom("//evil.example", "/%00", "/%ff", "/a\\b", "/..", "/é") }
  )
  const query = fc.oneof(
    fc.constantFrom("?next=/", "?next=//evil.example", "?next=https://evil.example", "?next=/%09/evil.example"),
    fc.webQueryParameters().map((text) => `?${text}`)
  )
  return fc.tuple(path, fc.option(query, { nil: "", freq: 2 })).map(([at, asked]) => at + asked)
}

/** The headers whose values latchkey reads, and some that it does not know. */
const headersOf = (origin: string, cookies: Readonly<Record<string, string>>): fc.Arbitrary<ReadonlyArray<Header>> => {
  const { host } = new URL(origin)
  const cookie = fc
    .tuple(pairsOf(cookies), fc.option(headerText(), { nil: "", freq: 2 }))
    .map(([pairs, rest]) => [...pairs.map(([name, value]) => `${name}=${value}`), rest].filter((text) => text !== ""))
  const known: ReadonlyArray<readonly [string, fc.Arbitrary<string>]> = [
    ["Cookie", cookie.map((texts) => texts.join("; "))],
    ["Origin", fc.constantFrom(origin, "https://evil.example", "null", `${origin}.evil.example`, "")],
    ["Referer", fc.constantFrom(`${origin}/`, "https://evil.example/", "", "no URL")],
    ["Sec-Fetch-Site", fc.constantFrom("same-origin", "same-site", "cross-site", "none", "")],
    ["Accept", fc.constantFrom("text/html", "application/json", "*/*", "", "text/html;q=x")],
    ["X-CSRFToken", near(cookies["csrftoken"] ?? unissued)],
    ["X-Forwarded-Host", fc.constantFrom("evil.example", host)],
    ["X-Forwarded-Proto", fc.constantFrom("https", "http", "https,http", "")]
  ]
  const one = ([name, value]: readonly [string, fc.Arbitrary<string>]) =>
    fc.option(
      value.map((text) => header(name, text)),
      { nil: undefined, freq: 2 }
    )
  const unknown = fc.tuple(fc.stringMatching(/^X-[A-Za-z]{1,8}$/), headerText())
  return fc
    .tuple(fc.tuple(...known.map(one)), fc.array(unknown, { maxLength: 2 }))
    .map(([some, more]) => [...some.filter((header) => header !== undefined), ...more])
}

const formType = "application/x-www-form-urlencoded"

const formOf = (pairs: ReadonlyArray<Header>): string => {
  const form = new URLSearchParams()
  for (const [name, value] of pairs) form.append(name, value)
  return form.toString()
}

/** A body with the type that says what it is, or another type. */
const bodies = (
  fields: Readonly<Record<string, string>>
): fc.Arbitrary<{ readonly type: string; readonly body: string }> => {
  const pairs = pairsOf(fields)
  return fc.oneof(
    pairs.map((all) => ({
      type: formType,
      body: formOf(all)
    })),
    pairs.map((all) => ({ type: "application/json", body: JSON.stringify(Object.fromEntries(all)) })),
    fc.json().map((body) => ({ type: "application/json", body })),
    fc.record({
      type: fc.constantFrom(formType, "application/json", "multipart/form-data; boundary=x", "text/plain", ""),
      body: fc.string()
    })
  )
}

const pathsKind: Kind = {
  written: 'an array of paths, as in ["/", "/login"]',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((path) => String(path).startsWith("/"))
}

const requestKinds: Kinds<RequestOptions> = { origin: originKind, paths: pathsKind, cookies: object, fields: object }

/** The methods that clients send without a body. */
const hasNoBody = ["GET", "HEAD", "OPTIONS"]

/** Nearly always the whole list; it shrinks to the empty one. */
const nearlyAll = <A>(items: ReadonlyArray<A>): fc.Arbitrary<ReadonlyArray<A>> =>
  fc
    .tuple(...items.map((item) => fc.option(fc.constant({ item }), { nil: undefined, freq: 30 })))
    .map((some) => some.flatMap((one) => (one === undefined ? [] : [one.item])))

/** A request as a page of the site sends it: with all cookies and fields, and with the CSRF token of its cookie. */
const ofPages = ({ cookies, fields, origin, paths }: Required<RequestOptions>): fc.Arbitrary<Parts> => {
  const cookie = nearlyAll(Object.entries(cookies)).map((some) => some.map(([name, value]) => `${name}=${value}`))
  const token = cookies["csrftoken"]
  const provenance = nearlyAll<Header>([
    ["Origin", origin],
    ...(token === undefined ? [] : [header("X-CSRFToken", token)])
  ])
  const all = nearlyAll(Object.entries(fields))
  const content = fc.oneof(
    all.map((some) => ({ type: formType, body: formOf(some) })),
    all.map((some) => ({ type: "application/json", body: JSON.stringify(Object.fromEntries(some)) }))
  )
  return fc
    .record({
      method: fc.constantFrom("GET", "POST"),
      target: fc.constantFrom(...paths),
      cookie,
      provenance,
      content: fc.option(content, { nil: { type: "", body: "" }, freq: 30 })
    })
    .map(({ content: { body, type }, cookie, method, provenance, target }) => {
      const cookies = cookie.length === 0 ? [] : [header("Cookie", cookie.join("; "))]
      if (method === "GET") return { method, target, headers: cookies, body: undefined }
      return { method, target, headers: [...cookies, ...provenance, ...typeHeader(type)], body }
    })
}

const typeHeader = (type: string) => (type === "" ? [] : [header("Content-Type", type)])

/** Any request. */
const ofOthers = ({ cookies, fields, origin, paths }: Required<RequestOptions>): fc.Arbitrary<Parts> => {
  const method = fc.constantFrom("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
  const content = fc.option(bodies(fields), { nil: { type: "", body: "" } })
  return fc
    .record({ method, target: targets(paths), headers: headersOf(origin, cookies), content })
    .map(({ content: { body, type }, headers, method, target }) =>
      hasNoBody.includes(method)
        ? { method, target, headers, body: undefined }
        : { method, target, headers: [...headers, ...typeHeader(type)], body }
    )
}

const parts = (options: RequestOptions): fc.Arbitrary<Parts> => {
  checkOptions(options, requestKinds)
  const { cookies = { sessionid: unissued, csrftoken: unissued }, fields = {} } = options
  const { origin = "http://localhost", paths = ["/"] } = options
  const all = { cookies, fields, origin, paths }
  return fc.oneof({ weight: 2, arbitrary: ofOthers(all) }, { weight: 1, arbitrary: ofPages(all) })
}

/**
 * Whole requests to a site, for handlers that take a `Request`: with cookies, CSRF tokens, forms and JSON that are
 * right, almost right or broken. They shrink to `GET /`, and print as they would be sent.
 *
 * ```ts
 * const property = fc.asyncProperty(requests({ paths: ["/", "/login"] }), async (request) => {
 *   expect((await app(request)).status).toBeLessThan(500)
 * })
 * ```
 */
export const requests = (options: RequestOptions = {}): fc.Arbitrary<Request> => {
  const origin = options.origin ?? "http://localhost"
  return parts(options).map(({ body, headers, method, target }) => {
    const request = new Request(origin + target, {
      method,
      headers: headers.map(([name, value]) => [name, value]),
      ...(body === undefined ? {} : { body })
    })
    const printed = [`${method} ${target}`, ...headers.map(([name, value]) => `${name}: ${value}`), body ?? ""]
    return Object.assign(request, { [fc.toStringMethod]: () => printed.join("\n").trim() })
  })
}

/**
 * What an adapter supplies about a request, for `auth.open` and the core: as {@link requests}, also with targets and
 * headers that a `Request` cannot have.
 */
export const requestHeads = (options: RequestOptions = {}): fc.Arbitrary<RequestHead> => {
  const all = parts(options)
  const { hostname, host, port, protocol } = new URL(options.origin ?? "http://localhost")
  const secure = protocol === "https:"
  const transport = { secure, serverName: hostname, serverPort: port === "" ? (secure ? "443" : "80") : port }
  const hosts = fc.oneof(
    { weight: 4, arbitrary: fc.constant<ReadonlyArray<string>>([host]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<ReadonlyArray<string>>(
        [host],
        ["evil.example"],
        ["a b"],
        [""],
        [host, "evil.example"],
        []
      )
    }
  )
  const target = fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, "*", "", "http://evil.example/", "no path", "/\u0001") }
  )
  const method = fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, "get", "FOO", "") }
  )
  return fc.record({ parts: all, hosts, target, method }).map(
    (made): RequestHead => ({
      method: made.method ?? made.parts.method,
      target: made.target ?? made.parts.target,
      headers: [...made.hosts.map((value) => header("Host", value)), ...made.parts.headers],
      transport,
      hasNoBody: made.parts.body === undefined
    })
  )
}
