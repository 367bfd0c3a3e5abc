/**
 * The value of a Set-Cookie header, byte for byte as Django writes it: attributes in alphabetical order, `expires` in
 * lower case, an empty value as two quotes.
 *
 * Name, path and domain come from settings. Characters that could end the attribute or the header (`;`, CR, LF, NUL and
 * everything else that is not printable ASCII) are removed from them.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpResponse.set_cookie
 * @see https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpResponse.delete_cookie
 */
import type { CookieScope, DeleteCookie, SetCookie } from "../../effect.ts"
import { httpDate } from "../headers/http-date.ts"
import { prefixRules } from "./cookie-prefix.ts"

/** The value of the Set-Cookie header that sets or deletes the cookie. */
export const serialize = (effect: SetCookie | DeleteCookie): string => {
  switch (effect._tag) {
    case "SetCookie": {
      const { lifetime } = effect
      return written(effect, {
        value: effect.value,
        expires: lifetime === undefined ? undefined : httpDate(lifetime.expiresAt),
        httpOnly: effect.httpOnly,
        maxAge: lifetime === undefined ? undefined : String(Math.trunc(lifetime.maxAgeSeconds)),
        secure: effect.secure
      })
    }
    case "DeleteCookie": {
      const required = prefixRules(effect.name)
      return written(required.hostOnly ? { ...effect, path: "/", domain: undefined } : effect, {
        value: "",
        expires: httpDate(0),
        httpOnly: required.httpOnly,
        maxAge: "0",
        // Browsers refuse such a cookie without Secure, even if it only deletes.
        secure: required.secure || effect.sameSite === "None" || effect.partitioned === true
      })
    }
    default:
      return effect satisfies never
  }
}

interface Content {
  readonly value: string
  readonly expires: string | undefined
  readonly httpOnly: boolean
  readonly maxAge: string | undefined
  readonly secure: boolean
}

const written = (scope: CookieScope, content: Content): string =>
  `${inert(scope.name)}=${quoted(content.value)}` +
  attribute("Domain", scope.domain) +
  attribute("expires", content.expires) +
  (content.httpOnly ? "; HttpOnly" : "") +
  attribute("Max-Age", content.maxAge) +
  (scope.partitioned === true ? "; Partitioned" : "") +
  attribute("Path", scope.path) +
  attribute("SameSite", scope.sameSite === false ? undefined : scope.sameSite) +
  (content.secure ? "; Secure" : "")

const attribute = (name: string, value: string | undefined): string =>
  value === undefined || value === "" ? "" : `; ${name}=${inert(value)}`

/** Keeps printable ASCII without the semicolon. */
const inert = (text: string): string => text.replace(/[^ -:<-~]/g, "")

/**
 * A value with other characters is put in quotes. There `"` and `\` follow a `\`. Other special characters are octal
 * bytes: one for a character of Latin-1, the UTF-8 bytes for others, which no header can hold.
 */
const quoted = (value: string): string =>
  /^[A-Za-z0-9!#$%&'*+\-.^_`|~:]+$/.test(value) ? value : `"${escapedBeyondLatin(value.replace(special, escaped))}"`

/** The special characters of Latin-1. */
const special = /[^ !#-+\--:<-[\]-~\u0100-\uffff]/g

const escaped = (character: string): string =>
  character === '"' || character === "\\" ? `\\${character}` : octal(character.charCodeAt(0))

/** @param text of ASCII characters and characters beyond Latin-1 */
const escapedBeyondLatin = (text: string): string =>
  Buffer.from(text, "utf8")
    .toString("latin1")
    .replace(/[\x80-\xff]/g, (byte) => octal(byte.charCodeAt(0)))

const octal = (byte: number): string => octals[byte] ?? ""

const octals = Array.from({ length: 256 }, (_, byte) => `\\${byte.toString(8).padStart(3, "0")}`)
