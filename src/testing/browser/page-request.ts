/** Makes the request that a browser would make: its headers, its body, its CSRF token. */
import { checkOptions, either, type Kind, type Kinds, object, string } from "../../adapters/options/option-kinds.ts"

/** A request of a page. In addition to those of `RequestInit`, it has options for forms, JSON and CSRF. */
export interface PageInit {
  /** The HTTP method. Default `GET`. */
  readonly method?: string
  /** Headers besides those that a browser adds. */
  readonly headers?: HeadersInit
  /** The body, sent as it is. */
  readonly body?: RequestInit["body"]
  /** Ends the request. */
  readonly signal?: AbortSignal
  /**
   * The fields of a form, sent as a browser sends a form, with the CSRF token as a field. The method becomes `POST`.
   */
  readonly form?: Readonly<Record<string, string>> | URLSearchParams | FormData
  /** A value that a script sends as JSON, with the CSRF token as a header. The method becomes `POST`. */
  readonly json?: unknown
  /** `false`: send no CSRF token. A text: send this token. Default: the token that the browser has. */
  readonly csrf?: false | string
  /**
   * The page with the link, form or script that makes the request. Default: a page of the same origin. If it is of
   * another origin, the browser sends that `Origin` and no CSRF token; if it is of another site, only the cookies that
   * `SameSite` allows.
   */
  readonly from?: string | URL
  /**
   * `navigate`: the user follows a link or sends a form. `cors`: a script of the page. Default: `navigate` for `GET`,
   * `HEAD` and forms, otherwise `cors`.
   */
  readonly mode?: "navigate" | "cors"
  /** Whether `fetch` follows redirects. Default `manual`: the redirect is the answer. */
  readonly redirect?: "manual" | "follow"
}

type HeadersInit = ConstructorParameters<typeof Headers>[0]

export const methodOf = ({ form, json, method }: PageInit): string =>
  (method ?? (form === undefined && json === undefined ? "GET" : "POST")).toUpperCase()

/** Whether the method changes nothing (RFC 9110, 9.2.1): Django asks for no CSRF token. */
export const isSafe = (method: string): boolean => ["GET", "HEAD", "OPTIONS", "TRACE"].includes(method)

export const modeOf = (init: PageInit): "navigate" | "cors" =>
  init.mode ?? (init.form !== undefined || ["GET", "HEAD"].includes(methodOf(init)) ? "navigate" : "cors")

/** Whether the page that makes a request is of the same origin or the same site. */
export interface Provenance {
  readonly from: URL
  readonly isSameOrigin: boolean
  readonly isSameSite: boolean
}

/** A CSRF token, and the names under which it is sent. */
export interface SentToken {
  readonly token: string
  readonly header: string
  readonly field: string
}

export const makeRequest = (
  url: URL,
  init: PageInit,
  {
    cookie,
    csrf,
    provenance
  }: { readonly cookie: string; readonly csrf: SentToken | undefined; readonly provenance: Provenance }
): Request => {
  checkOptions(init, initKinds)
  const method = methodOf(init)
  const body = bodyOf(init, csrf)
  if (body !== undefined && ["GET", "HEAD"].includes(method))
    throw new TypeError(`a ${method} request has no body: leave out ${given(init)}, or write another method`)
  const headers = new Headers(init.headers)
  const add = (name: string, value: string): void => {
    if (!headers.has(name)) headers.set(name, value)
  }
  add("host", url.host)
  for (const [name, value] of metadata(init, provenance)) add(name, value)
  if (cookie !== "") add("cookie", cookie)
  if (init.json !== undefined) add("content-type", "application/json")
  if (body instanceof URLSearchParams) add("content-type", "application/x-www-form-urlencoded")
  if (csrf !== undefined && init.form === undefined) add(csrf.header, csrf.token)
  return new Request(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body, duplex: "half" }),
    ...(init.signal === undefined ? {} : { signal: init.signal })
  })
}

const anything: Kind = { written: "a value", accepts: () => true }

const oneOf = (...values: ReadonlyArray<unknown>): Kind => ({
  written: values.map((value) => JSON.stringify(value)).join(" or "),
  accepts: (value) => values.includes(value)
})

const initKinds: Kinds<PageInit> = {
  method: string,
  headers: either(object, { written: "an array of pairs", accepts: Array.isArray }),
  body: anything,
  signal: object,
  form: object,
  json: anything,
  csrf: either(oneOf(false), string),
  from: either(string, object),
  mode: oneOf("navigate", "cors"),
  redirect: oneOf("manual", "follow")
}

const given = ({ form, json }: PageInit): string =>
  form !== undefined ? "`form`" : json !== undefined ? "`json`" : "`body`"

/** `Accept`, `Origin`, `Referer` and the fetch metadata headers. */
const metadata = (init: PageInit, { from, isSameOrigin, isSameSite }: Provenance): ReadonlyArray<[string, string]> => {
  const isNavigation = modeOf(init) === "navigate"
  const isUnsafe = !isSafe(methodOf(init))
  const isCrossScript = !isNavigation && !isSameOrigin
  return [
    ["accept", isNavigation ? "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" : "*/*"],
    ...(isUnsafe || isCrossScript ? [["origin", from.origin] satisfies [string, string]] : []),
    ...(init.from !== undefined || isUnsafe
      ? [["referer", isSameOrigin ? from.href : `${from.origin}/`] satisfies [string, string]]
      : []),
    ["sec-fetch-site", isSameOrigin ? "same-origin" : isSameSite ? "same-site" : "cross-site"],
    ["sec-fetch-mode", isNavigation ? "navigate" : "cors"],
    ["sec-fetch-dest", isNavigation ? "document" : "empty"]
  ]
}

const bodyOf = ({ body, form, json }: PageInit, csrf: SentToken | undefined): RequestInit["body"] | undefined => {
  const bodies = [body, form, json].filter((one) => one !== undefined)
  if (bodies.length > 1) throw new TypeError("a request has one body: write only one of `body`, `form` and `json`")
  if (json !== undefined) return JSON.stringify(json)
  if (form === undefined) return body ?? undefined
  const fields =
    form instanceof FormData ? copyOf(form) : new URLSearchParams(form instanceof URLSearchParams ? form : { ...form })
  if (csrf !== undefined && !fields.has(csrf.field)) fields.append(csrf.field, csrf.token)
  return fields
}

const copyOf = (form: FormData): FormData => {
  const copy = new FormData()
  for (const [name, value] of form) copy.append(name, value)
  return copy
}
