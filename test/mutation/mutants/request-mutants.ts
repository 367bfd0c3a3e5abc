/** Faults in CSRF checks, cookies, hosts, redirects and signatures. */
import type { Mutant } from "../mutant.ts"

export const requestMutants: ReadonlyArray<Mutant> = [
  {
    name: "an unsafe method is safe after an override",
    was: "isSafe(method) && isSafe(rewrittenMethod)",
    becomes: "isSafe(method) || isSafe(rewrittenMethod)"
  },
  {
    name: "an Origin header is not checked",
    was: "if (origin !== undefined) { return",
    becomes: 'if (origin === "") { return'
  },
  {
    name: "a Referer with another scheme is accepted",
    was: 'if (referer.scheme !== "https") return refusedReferer("Referer is insecure while host is secure")',
    becomes: ""
  },
  {
    name: "https without Origin and Referer passes",
    was: 'if (sent === undefined) return refusedReferer("no Referer")',
    becomes: "if (sent === undefined) return passed"
  },
  {
    name: "the form's token counts in a PUT",
    was: 'const fromField = head.method === "POST" && field !== "" ? field : undefined',
    becomes: 'const fromField = field !== "" ? field : undefined',
    beyondLaws: "Django's choice, not a rule of safety; vectors of Django"
  },
  {
    name: "the token in the header takes precedence over the one in the form",
    was: "const token = fromField ?? header(head, settings.headerName)",
    becomes: "const token = header(head, settings.headerName) ?? fromField"
  },
  {
    name: "a request without a CSRF secret passes",
    was: 'if (stored === undefined) return refused("CSRF cookie not set.")',
    becomes: "if (stored === undefined) return passed"
  },
  {
    name: "a malformed CSRF cookie is not replaced",
    was: "return parsed === undefined || settings.keepsMalformed === true ? { secret: undefined, dirty: false } : rotated(fresh)",
    becomes: "return { secret: undefined, dirty: false }",
    beyondLaws: "Django's choice, not a rule of safety; vectors of Django"
  },
  {
    name: "the cookie of a used CSRF secret is not sent again",
    was: "return { slot: { secret, dirty: true }, token:",
    becomes: "return { slot: { secret, dirty: slot.dirty }, token:",
    beyondLaws: "Django's choice, not a rule of safety; vectors of Django"
  },
  {
    name: "all tokens of a secret are equal",
    was: "export const mask = (secret: string, maskText: string): string => {\n",
    becomes: "export const mask = (secret: string, _: string): string => {\n  const maskText = secret\n"
  },
  {
    name: "a subdomain of any scheme is trusted",
    was: 'one._tag === "Subdomains" && one.scheme === parts.scheme && isSameDomain(parts.netloc, one.host)',
    becomes: 'one._tag === "Subdomains" && isSameDomain(parts.netloc, one.host)'
  },
  {
    name: "a domain without a dot allows its subdomains",
    was: '(wanted.startsWith(".") && (host.endsWith(wanted) || host === wanted.slice(1)))',
    becomes: "host.endsWith(wanted) || host === wanted.slice(1)"
  },
  {
    name: "X-Forwarded-Host is used without the setting",
    was: '(settings.useForwardedHost ? header(head, "x-forwarded-host") : undefined)',
    becomes: 'header(head, "x-forwarded-host")'
  },
  {
    name: "the second item of a proxy header counts",
    was: 'const [first = ""] = sent.split(",", 1)',
    becomes: 'const first = sent.split(",").at(-1) ?? ""',
    beyondLaws: "only with a list of several proxies, which a site of the laws cannot have; vectors of Django"
  },
  {
    name: "a next URL is checked without replacing backslashes",
    was: 'isSafeAsWritten(url, allowedHosts, requireHttps) && isSafeAsWritten(url.replaceAll("\\\\", "/"), allowedHosts, requireHttps)',
    becomes: "isSafeAsWritten(url, allowedHosts, requireHttps)",
    beyondLaws: "Location is percent-encoded, so that no browser follows such a URL elsewhere; vectors of Django"
  },
  {
    name: "an https page may redirect to http",
    was: 'effective === "" || effective === "https" || (effective === "http" && !requireHttps)',
    becomes: 'effective === "" || effective === "https" || effective === "http"'
  },
  {
    name: "the returned next URL is not the one that was checked",
    was: "return hasClientRouter && !isSafeInParts(sent.location) ? undefined : sent.location",
    becomes: "return hasClientRouter && !isSafeInParts(sent.location) ? undefined : url",
    beyondLaws: "the URL differs only with a client router; tested in test/core/pages"
  },
  {
    name: "the first of two cookies counts",
    was: 'if (name !== "" || value !== "") cookies.set(name, unquoted(value))',
    becomes: 'if (!cookies.has(name) && (name !== "" || value !== "")) cookies.set(name, unquoted(value))',
    beyondLaws: "a wire format: vectors of Django"
  },
  {
    name: "a cookie value is not quoted",
    was: ': `"${escapedBeyondLatin(value.replace(special, escaped))}"`',
    becomes: ": escapedBeyondLatin(value.replace(special, escaped))",
    beyondLaws: "a wire format: vectors of Django"
  },
  {
    name: "any signature of the right length verifies",
    was: "return timingSafeEqual(one, other)",
    becomes: "return true"
  },
  {
    name: "a text that was signed with a fallback key is not accepted",
    was: "const keyring = makeKeyring(`${salt}signer`, secrets)",
    becomes: "const keyring = makeKeyring(`${salt}signer`, { ...secrets, fallbacks: [] })"
  },
  {
    name: "a user without the permission is redirected to the login page",
    was: '(refusal === "LoginOrForbid" && user._tag === "Authenticated")',
    becomes: '(refusal === "LoginOrForbid" && user._tag !== "Authenticated")',
    beyondLaws: "where a refused user is sent is no rule of safety: no page opens; tested in test/core/pages"
  },
  {
    name: "a page of another host counts as the login page",
    was: 'login.scheme !== "" || login.netloc !== "" || login.query !== ""',
    becomes: 'login.scheme !== "" || login.query !== ""',
    beyondLaws: "how the URL in next is written is no rule of safety: a login checks it; tested in test/core/pages"
  },
  {
    name: "a method override switches the CSRF check off",
    was: "isSafe(method) && isSafe(rewrittenMethod)",
    becomes: "isSafe(rewrittenMethod)"
  },
  {
    name: "a page that needs a recent login opens for every user",
    was: "return isRecent ? allowed : toLogin({ ...settings, loginUrl: reauthenticationUrl }, head)",
    becomes: "return allowed"
  },
  {
    name: "a user whose login is not recent is sent to the login page",
    was: "return isRecent ? allowed : toLogin({ ...settings, loginUrl: reauthenticationUrl }, head)",
    becomes: "return isRecent ? allowed : toLogin(settings, head)",
    beyondLaws: "where a refused user is sent is no rule of safety: no page opens; tested in test/core/pages"
  },
  {
    name: "an anonymous visitor is sent to the page that asks for the password again",
    was: 'if (user._tag === "Anonymous") return toLogin(settings, head)\n  return isRecent ? allowed : toLogin({ ...settings, loginUrl: reauthenticationUrl }, head)',
    becomes: "return isRecent ? allowed : toLogin({ ...settings, loginUrl: reauthenticationUrl }, head)",
    beyondLaws: "where a refused visitor is sent is no rule of safety: no page opens; tested in test/core/pages"
  },
  {
    name: "a page of another subdomain passes without a token",
    was: 'if (site === "same-site" || site === "cross-site") return foreign(site, origin)',
    becomes: 'if (site === "cross-site") return foreign(site, origin)'
  },
  {
    name: "a page on a host that is not allowed passes without a token",
    was: 'return hasAllowedHost(settings.http, head) ? passed : { _tag: "Refused", reason: "Fetch metadata checking failed - the host is not allowed." }',
    becomes: "return passed"
  },
  {
    name: "an Origin of null passes without a page of this site",
    was: 'if (origin !== undefined && !(site === "same-origin" && origin === "null")) return foreign(site, origin)',
    becomes: 'if (origin !== undefined && origin !== "null") return foreign(site, origin)'
  }
]
