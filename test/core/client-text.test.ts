/**
 * Every function that takes text from clients, by area: 60 KB of it costs at most 50 ms of this process, which
 * serves no other request during that time.
 */
import { describe, expect, it } from "vitest"
import { FetchRequestHead } from "../../src/adapters/http/fetch/fetch-head.ts"
import { attemptOf, turnKeysOf } from "../../src/adapters/password/queue/password-attempt.ts"
import { formField } from "../../src/adapters/request/form/form.ts"
import { makeJsonCodec } from "../../src/adapters/store/redis/sessions/json-codec.ts"
import * as UnverifiedText from "../../src/adapters/store/unverified-text.ts"
import { isEmailAddress } from "../../src/core/accounts/forms/email-address.ts"
import * as FormField from "../../src/core/accounts/forms/form-field.ts"
import { makeLinkTokens } from "../../src/core/accounts/link-token.ts"
import * as NewUser from "../../src/core/accounts/new-user.ts"
import * as AccountPath from "../../src/core/accounts/pages/account-path.ts"
import * as ResetToken from "../../src/core/accounts/reset-token.ts"
import * as Usernames from "../../src/core/accounts/usernames.ts"
import * as Credentials from "../../src/core/auth/login/credentials.ts"
import * as RemoteUser from "../../src/core/auth/login/remote-user.ts"
import * as Identity from "../../src/core/auth/state/identity.ts"
import * as Check from "../../src/core/csrf/check-request.ts"
import * as Secret from "../../src/core/csrf/csrf-secret.ts"
import * as TrustedOrigins from "../../src/core/csrf/trusted-origins.ts"
import * as Cookie from "../../src/core/http/cookies/cookie.ts"
import * as SetCookie from "../../src/core/http/cookies/set-cookie.ts"
import { addVary } from "../../src/core/http/headers/vary.ts"
import * as Accept from "../../src/core/http/request/accept.ts"
import * as Host from "../../src/core/http/request/host.ts"
import * as Network from "../../src/core/http/request/network.ts"
import type { RequestHead } from "../../src/core/http/request/request-head.ts"
import * as RequestUrl from "../../src/core/http/request/request-url.ts"
import * as Scheme from "../../src/core/http/request/scheme.ts"
import * as Query from "../../src/core/http/urls/query.ts"
import * as RedirectLocation from "../../src/core/http/urls/redirect-location.ts"
import * as SafeRedirect from "../../src/core/http/urls/safe-redirect.ts"
import * as Uri from "../../src/core/http/urls/uri.ts"
import * as Url from "../../src/core/http/urls/url.ts"
import * as Json from "../../src/core/json/json-text.ts"
import * as Data from "../../src/core/json/session-data.ts"
import * as StoredJson from "../../src/core/json/stored-json.ts"
import * as LoginRedirect from "../../src/core/pages/login-redirect.ts"
import * as NextUrl from "../../src/core/pages/next-url.ts"
import * as Argon2 from "../../src/core/password/argon2-format.ts"
import * as Bcrypt from "../../src/core/password/bcrypt-format.ts"
import * as Characters from "../../src/core/password/characters.ts"
import * as Digest from "../../src/core/password/digest-format.ts"
import * as Encoded from "../../src/core/password/encoded.ts"
import * as PasswordLimits from "../../src/core/password/password-limits.ts"
import * as Pbkdf2 from "../../src/core/password/pbkdf2-format.ts"
import * as Scrypt from "../../src/core/password/scrypt-format.ts"
import * as Similarity from "../../src/core/password/similarity.ts"
import * as Validators from "../../src/core/password/validators.ts"
import * as Permissions from "../../src/core/permissions/permissions.ts"
import { permsView } from "../../src/core/permissions/perms-view.ts"
import * as Expiry from "../../src/core/session/lifetime/expiry.ts"
import { makeCodec } from "../../src/core/session/text/codec.ts"
import { makeLegacyReader } from "../../src/core/session/text/legacy-text.ts"
import * as SessionKey from "../../src/core/session-key.ts"
import * as Base62 from "../../src/core/signing/base62.ts"
import * as Base64url from "../../src/core/signing/base64url.ts"
import { makeSigner } from "../../src/core/signing/timestamp-signer.ts"
import { hostileTexts } from "./hostile-text.ts"

const http = {
  allowedHosts: [".example.com", "testserver"],
  useForwardedHost: true,
  useForwardedPort: true,
  secureProxyHeader: ["X-Forwarded-Proto", "https"] as const
}
const trusted = ["https://*.example.com", "https://a.example"].flatMap((origin) => TrustedOrigins.parse(origin) ?? [])
const csrf = { http, headerName: "X-CSRFToken", trustedOrigins: trusted, cookieDomain: undefined }
const login = { http, loginUrl: "/login/", nextField: "next" }
const next = { http, nextField: "next", successHosts: ["a.example"] }

const head = (target: string, headers: RequestHead["headers"] = []): RequestHead => ({
  method: "POST",
  target,
  headers: [["Host", "testserver"], ...headers],
  transport: { secure: true, serverName: "testserver", serverPort: "443" }
})

const codec = makeCodec({ secret: "s", fallbacks: ["t"], readsSha1: true, memoBytes: 0 })
const ends = { cookieAgeSeconds: 1, timeZone: () => "UTC" }
const jsonCodec = makeJsonCodec({ memoBytes: 0 })
const signer = makeSigner({ secret: "s", fallbacks: ["t"], salt: "salt", readsSha1: true })
const legacy = makeLegacyReader({ secrets: ["s", "t"], salt: "django.contrib.sessions.SessionStore" })
const tokens = ResetToken.makeResetTokens({ secret: "s", fallbacks: ["t"] })
const links = makeLinkTokens({ secret: "s", fallbacks: ["t"] })
const user = { id: "1", password: "p", lastLoginAt: null, email: "a@example.com", isActive: true }
const time = { now: 0, offsetSeconds: 0 }

const similarity = Validators.userAttributeSimilarity()
const validators = [
  Validators.minimumLength(),
  similarity,
  Validators.commonPassword(["password"]),
  Validators.notEntirelyNumeric()
]
const everywhere = (text: string) => ({ username: text, firstName: text, lastName: text, email: text })

/** Reads every value of a session's JSON, as the handlers of a request might. */
const readAll = (json: string): void => {
  const data = Json.parseObject(json)
  if (data === undefined) return
  for (const value of data.values()) Json.read(value)
  Json.writeObject(data)
}

/** Reads every value of a stored session's JSON, which has one character for each byte. */
const readAllStored = (text: string): void => {
  const data = StoredJson.parseMembers(Buffer.from(text).toString("latin1"))
  if (data === undefined) return
  for (const value of Data.values(data).values()) Json.read(value)
  StoredJson.writeMembers(data)
  Identity.read(data)
}

const field = (kind: FormField.FieldKind) => ({ name: "f", kind, maximumLength: 150, autocomplete: "off" })

const functions: Readonly<Record<string, (text: string) => unknown>> = {
  "FormField.clean, user name": (text) => FormField.clean(field("username"), text),
  "FormField.clean, address": (text) => FormField.clean(field("email"), `a@${text}`),
  "FormField.shownAgain": (text) => FormField.shownAgain(field("text"), text),
  "isEmailAddress, short": (text) => isEmailAddress(`a@${text.slice(0, 300)}`),
  "isEmailAddress, short local part": (text) => isEmailAddress(`${text.slice(0, 300)}@example.com`),
  "AccountPath.routeOf": (text) => AccountPath.routeOf(`/accounts/reset/${text}/x`, "/accounts"),
  "AccountPath.routeOf, token": (text) => AccountPath.routeOf(`/accounts/reset/x/${text}`, "/accounts"),
  "LinkTokens.emailChange.check": (text) => links.emailChange.check(user, `dadda1-0.${text}`, time),
  "LinkTokens.signUp.check": (text) => links.signUp.check("carol", text, 0),
  "LinkTokens.signUp.check, name": (text) => links.signUp.check(text, "A".repeat(60), 0),
  "Cookie.parseCookies": Cookie.parseCookies,
  "Cookie.cookieValue": (text) => Cookie.cookieValue(text, "sessionid"),
  "Cookie.cookieValue, quoted": (text) => Cookie.cookieValue(`sessionid="${text}"`, "sessionid"),
  "Query.parse": Query.parse,
  "Query.set and write": (text) => Query.write(Query.set(Query.parse(text), "next", text)),
  "Host.host": (text) => Host.host(http, head("/", [["X-Forwarded-Host", text]])),
  "Host.isSameDomain": (text) => Host.isSameDomain(text, ".example.com"),
  "Scheme.isSecure": (text) => Scheme.isSecure(http, head("/", [["X-Forwarded-Proto", text]])),
  "Url.split": Url.split,
  "Url.split, host": (text) => Url.split(`//${text}`),
  "Url.split, brackets": (text) => Url.split(`http://[${text}]/`),
  "Url.split, version": (text) => Url.split(`http://[v1.${text}]/`),
  "Accept.asksForJson": (text) => Accept.asksForJson(head("/", [["Accept", `text/html;q=0${text}`]])),
  "Network.networkOf": Network.networkOf,
  "Network.networkOf, IPv6": (text) => Network.networkOf(`2001:${text}`),
  "Uri.iriToUri": Uri.iriToUri,
  "Uri.escapePath": Uri.escapePath,
  "RequestUrl.fullPath": (text) => RequestUrl.fullPath(head(`/${text}`)),
  "RequestUrl.fullPath, query": (text) => RequestUrl.fullPath(head(`/?${text}`)),
  "RequestUrl.queryString": (text) => RequestUrl.queryString(head(`/?${text}`)),
  "RedirectLocation.redirectLocation": RedirectLocation.redirectLocation,
  "RedirectLocation.redirectLocation, short": (text) => RedirectLocation.redirectLocation(`//${text.slice(0, 16_000)}`),
  "SafeRedirect.isSafeUrl": (text) => SafeRedirect.isSafeUrl(text, ["testserver"], true),
  "SafeRedirect.safeLocation": (text) => SafeRedirect.safeLocation(text, ["testserver"], true, true),
  "SafeRedirect.safeLocation, short": (text) =>
    SafeRedirect.safeLocation(`//testserver/${text.slice(0, 2000)}`, ["testserver"], true, true),
  "NextUrl.nextUrl, URL": (text) => NextUrl.nextUrl(next, head(`/?next=${text}`), undefined),
  "NextUrl.redirectToNext, form": (text) => NextUrl.redirectToNext(next, head("/"), text, "/"),
  "LoginRedirect.toLogin": (text) => LoginRedirect.toLogin(login, head(`/${text}`)),
  "LoginRedirect.isLoginPage": (text) => LoginRedirect.isLoginPage(login, head(text)),
  "SetCookie.serialize": (text) =>
    SetCookie.serialize({
      _tag: "SetCookie",
      name: "sessionid",
      value: text,
      path: "/",
      domain: undefined,
      sameSite: "Lax",
      httpOnly: true,
      secure: true,
      lifetime: undefined
    }),
  addVary: (text) => addVary(text, "Cookie"),
  FetchRequestHead: (text) => {
    const { target, transport } = new FetchRequestHead(
      new Request(`http://testserver/${encodeURI(text.toWellFormed())}`)
    )
    return [target, transport]
  },
  "Check.check, Origin": (text) => Check.check(csrf, head("/", [["Origin", text]]), "a".repeat(32), text),
  "Check.check, Referer": (text) => Check.check(csrf, head("/", [["Referer", `https://${text}`]]), text, text),
  "Check.check, token": (text) =>
    Check.check(
      csrf,
      head("/", [
        ["X-CSRFToken", text],
        ["Origin", "https://a.example"]
      ]),
      "a".repeat(32),
      undefined
    ),
  "Check.check, cookie": (text) => Check.check(csrf, head("/", [["Origin", "https://a.example"]]), text, text),
  "Secret.parse": Secret.parse,
  "TrustedOrigins.parse": (text) => TrustedOrigins.parse(`https://${text}`),
  "TrustedOrigins.includesOrigin": (text) => TrustedOrigins.includesOrigin(trusted, text),
  "TrustedOrigins.includesHost": (text) => TrustedOrigins.includesHost(trusted, text),
  formField: (text) => formField(new URLSearchParams([["next", text]]), "next"),
  "Credentials.clean": (text) => Credentials.clean({ username: text, [text]: text }),
  "Usernames.isUsername": Usernames.isUsername,
  "Usernames.isAsciiUsername": Usernames.isAsciiUsername,
  "NewUser.normalizeUsername": NewUser.normalizeUsername,
  "NewUser.normalizeUsername, short": (text) => NewUser.normalizeUsername(text.slice(0, 150)),
  "NewUser.loginName": NewUser.loginName,
  "NewUser.loginName, short": (text) => NewUser.loginName(text.slice(0, 300)),
  "NewUser.normalizeEmail": NewUser.normalizeEmail,
  "NewUser.isStorable": NewUser.isStorable,
  "RemoteUser.decide": (text) => RemoteUser.decide({ persistent: false }, text, undefined),
  "Permissions.parse": Permissions.parse,
  "Permissions.appOf": Permissions.appOf,
  permsView: (text) => permsView(new Set([text]), false)[text],
  "ResetToken.check": (text) => tokens.check(user, text, time),
  "ResetToken.check, time": (text) => tokens.check(user, `1-${text}`, time),
  "ResetToken.idOf": ResetToken.idOf,
  "ResetToken.isRecipient": (text) => ResetToken.isRecipient({ ...user, email: text }, text),
  "ResetToken.isSameAddress": (text) => ResetToken.isSameAddress(text, `${text}a`),
  "ResetToken.isSameAddress, short": (text) => ResetToken.isSameAddress(text.slice(0, 500), text.slice(0, 499)),
  "PasswordLimits.isPossible": PasswordLimits.isPossible,
  "PasswordLimits.isWritable": (text) => PasswordLimits.isWritable(text, "bcrypt"),
  "Characters.strip": Characters.strip,
  "Characters.isDigits": Characters.isDigits,
  "Similarity.quickRatio": (text) => Similarity.quickRatio(Similarity.counted(text), Similarity.counted(`a${text}`)),
  "Validators.validate": (text) => Validators.validate(validators, text, everywhere(text)),
  "Validators.validate, possible password": (text) =>
    Validators.validate(validators, text.slice(0, 1300), everywhere(text)),
  "Validators.validate, short password": (text) => Validators.validate(validators, text.slice(0, 12), everywhere(text)),
  turnKeysOf: (text) => turnKeysOf(attemptOf({ operation: "authenticate", username: text, address: text })),
  minimumLength: Validators.minimumLength(),
  "minimumLength, long": Validators.minimumLength(100_000),
  userAttributeSimilarity: (text) => similarity(text, everywhere(text)),
  "userAttributeSimilarity, parts": (text) => similarity(text.slice(0, 4000), everywhere(`${text}-a`)),
  "userAttributeSimilarity, other fields": (text) =>
    Validators.userAttributeSimilarity({ attributes: { bio: "biography" } })(text, { bio: text }),
  commonPassword: Validators.commonPassword(["password"]),
  notEntirelyNumeric: Validators.notEntirelyNumeric(),
  "Encoded.identify": Encoded.identify,
  "Encoded.saltIsLongEnough": Encoded.saltIsLongEnough,
  "Encoded.count": (text) => Encoded.count(text, 10),
  Pbkdf2: (text) => Pbkdf2.mustUpdate("pbkdf2_sha256", `pbkdf2_sha256$1$${text}$h`, 1),
  "Pbkdf2, count": (text) => Pbkdf2.parse("pbkdf2_sha256", `pbkdf2_sha256$${text}`),
  Scrypt: (text) => Scrypt.mustUpdate(`scrypt$16384$${text}$8$1$h`, { workFactor: 2, blockSize: 1, parallelism: 1 }),
  "Scrypt, cost": (text) => Scrypt.parse(`scrypt$${text}$s$${text}$1$h`),
  Argon2: (text) => Argon2.parse(`argon2$argon2id$v=19$m=8,t=1,p=1$${text}`),
  "Argon2, cost": (text) => Argon2.parse(`argon2$argon2id$v=19$m=${text}`),
  Bcrypt: (text) => Bcrypt.parse("bcrypt", `bcrypt$$2b$12$${text}`),
  Digest: (text) => Digest.mustUpdate("md5", `md5$${text}$h`),
  "Json.write": Json.write,
  "Json.parseObject": readAll,
  "Json.parseObject, key": (text) => readAll(`{"${text}":1}`),
  "Json.parseObject, string": (text) => readAll(`{"a":"${text}"}`),
  "Json.parseObject, array": (text) => readAll(`{"a":[${text}]}`),
  "Json.parseObject, nested": (text) => readAll(`{"a":{"b":${text}}}`),
  "Json.parseObject, integer": (text) => readAll(`{"a":${"9".repeat(4300)},"b":${text}}`),
  "StoredJson.parseMembers": readAllStored,
  "StoredJson.parseMembers, key": (text) => readAllStored(`{"${text}":1}`),
  "StoredJson.parseMembers, repeated key": (text) => readAllStored(`{${`"${text.slice(0, 2)}":1,`.repeat(8000)}"a":1}`),
  "StoredJson.parseMembers, string": (text) => readAllStored(`{"é":"${text}"}`),
  Expiry: (text) =>
    Expiry.ageSeconds(
      Data.of([["_session_expiry", Json.write(text)]]),
      { cookieAgeSeconds: 1, expireAtBrowserClose: false },
      0
    ),
  "Expiry, fraction": (text) =>
    Expiry.ageSeconds(
      Data.of([["_session_expiry", Json.write(`2026-01-01T00:00:00.${text}`)]]),
      { cookieAgeSeconds: 1, expireAtBrowserClose: false },
      0
    ),
  "SessionKey.parse": SessionKey.parse,
  "codec.decode": codec.decode,
  "codec.decode, signed": (text) => codec.decode(signer.sign(text, 0)),
  "codec, both ways": (text) => codec.decode(codec.encode(Data.of([["a", Json.write(text)]]), 0)),
  "jsonCodec.decode": jsonCodec.decode,
  legacy: legacy,
  "signer.unsign": signer.unsign,
  "Base62.decode": Base62.decode,
  "Base64url.decode": Base64url.decode,
  "UnverifiedText.endsAt": (text) => UnverifiedText.endsAt(text, ends, 0),
  "UnverifiedText.endsAt, body": (text) => UnverifiedText.endsAt(`${Base64url.encode(Buffer.from(text))}:1:s`, ends, 0),
  "UnverifiedText.signedAt": UnverifiedText.signedAt
}

const limitMilliseconds = 50

/** Of the processor, so that other processes do not count. */
const milliseconds = (run: () => unknown): number => {
  const start = process.threadCpuUsage()
  run()
  const { system, user } = process.threadCpuUsage(start)
  return (system + user) / 1000
}

/** The best of some tries: the first one may include compiling, or collecting the garbage of others. */
const cost = (run: () => unknown): number => {
  let best = milliseconds(run)
  for (let tries = 1; tries < 8 && best > limitMilliseconds; tries++) best = Math.min(best, milliseconds(run))
  return best
}

const texts = hostileTexts(30)

describe("60 KB from a client", () => {
  it.each(Object.entries(functions))("cost at most 50 ms: %s", (_, run) => {
    const slow = texts.filter(({ text }) => cost(() => run(text)) > limitMilliseconds).map(({ recipe }) => recipe)
    expect(slow.slice(0, 3)).toEqual([])
  })
})
