/** Which texts are e-mail addresses, by the rules of Django's `EmailValidator`. */

const dotAtom = /^[-!#$%&'*+/=?^_`{}|~0-9A-Z]+(?:\.[-!#$%&'*+/=?^_`{}|~0-9A-Z]+)*$/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 5322 allows them in a quoted local part
const quoted = /^"(?:[\x01-\x08\x0b\x0c\x0e-\x1f!#-[\]-\x7f]|\\[\x01-\x09\x0b\x0c\x0e-\x7f])*"$/
const domainName = /^(?:[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?\.)+[A-Z0-9-]{2,63}$/i
const literal = /^\[([A-F0-9:.]+)\]$/i

/** Longest address in characters: a local part of 64, `@`, and a domain of 255 (RFC 3696). */
const longest = 320

/**
 * Whether a text is an e-mail address. A domain with letters of any script is checked in its ASCII form.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/validators/#emailvalidator
 */
export const isEmailAddress = (text: string): boolean => {
  const at = text.lastIndexOf("@")
  if (at < 0 || text.length > longest) return false
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)]
  return (dotAtom.test(local) || quoted.test(local)) && (isDomain(domain) || isDomain(inAscii(domain)))
}

const isDomain = (domain: string): boolean =>
  domain === "localhost" || (domainName.test(domain) && !domain.endsWith("-")) || isLiteral(domain)

const isLiteral = (domain: string): boolean => {
  const [, address] = literal.exec(domain) ?? []
  if (address === undefined) return false
  return URL.canParse(address.includes(":") ? `http://[${address}]` : `http://${address}`) && isDotted(address)
}

/** An IPv4 address has four numbers; the parser of URLs also accepts shorter forms. */
const isDotted = (address: string): boolean => address.includes(":") || /^(?:\d{1,3}\.){3}\d{1,3}$/.test(address)

/**
 * The ASCII form of a domain name with other letters; `""` if there is none. The parser of URLs drops spaces and
 * controls.
 */
const inAscii = (domain: string): string =>
  /[^ -~]/.test(domain) && !/[\p{Cc}\s/?#@:\\%]/u.test(domain) ? (URL.parse(`http://${domain}`)?.hostname ?? "") : ""
