/** The settings of device-bound sessions, with the keys that are derived from the secret key. */
import type { CookieSettings } from "../http/cookies/cookie-settings.ts"
import { constantTimeEqual, type Keyring, makeKeyring, type Secrets } from "../signing/hmac.ts"

/** How a session is bound to a device. */
export interface DeviceBoundSettings {
  /** `observe`: verdicts change no answer; `deviceVerdict` returns them. `enforce`: an unproven session is closed. */
  readonly mode: "observe" | "enforce"
  /** How long the browser keeps a short cookie. */
  readonly cookieSeconds: number
  /** How long a session needs no proof after its login and after its registration. */
  readonly graceSeconds: number
  /** Path prefixes that the browser does not refresh for and that are not judged. */
  readonly exempt: ReadonlyArray<string>
  /** What happens to a session that no device has registered for. `end`: it is closed too. */
  readonly unbound: "allow" | "end"
  /** Name and attributes of the short cookie. */
  readonly cookie: CookieSettings
  /** Signs short cookies. */
  readonly cookieSigner: TextSigner
  /** Signs challenges. */
  readonly challengeSigner: TextSigner
}

/** Signs texts for one purpose. */
export interface TextSigner {
  /** The text, a dot and its signature. */
  readonly sign: (text: string) => string
  /** The signed text; `undefined` if no secret of this application made the signature. */
  readonly unsign: (signed: string) => string | undefined
}

/** The options that {@link deviceBoundSettings} takes. Durations are in seconds. */
export interface DeviceBoundOptions {
  /**
   * `observe`: answers differ only by headers and cookies of this feature, and `deviceVerdict` returns the
   * verdict. `enforce`: a session that is bound and not proven is closed.
   */
  readonly mode: "observe" | "enforce"
  /** How long a short cookie lives. Default 600, at least 300: browsers sign only six times in nine minutes. */
  readonly cookieSeconds?: number
  /** How long a session needs no proof after a login and after a registration. Default 10, at least 5. */
  readonly graceSeconds?: number
  /**
   * Path prefixes of static files, such as `/static`: the browser does not refresh for them, and they are not judged. A
   * handler under such a path would accept a copied cookie.
   */
  readonly exempt?: ReadonlyArray<string>
  /**
   * A session whose browser never registered a device: `allow` (default) keeps it, as browsers without the feature
   * need; `end` closes it after `graceSeconds`.
   */
  readonly unbound?: "allow" | "end"
}

/** The shortest life of a short cookie. */
export const shortestCookieSeconds = 300
/** The shortest time without proof. */
export const shortestGraceSeconds = 5

/** The settings, with the defaults. @param session the attributes of the session cookie */
export const deviceBoundSettings = (
  options: DeviceBoundOptions,
  session: CookieSettings,
  secrets: Secrets
): DeviceBoundSettings => ({
  mode: options.mode,
  cookieSeconds: options.cookieSeconds ?? 600,
  graceSeconds: options.graceSeconds ?? 10,
  exempt: options.exempt ?? [],
  unbound: options.unbound ?? "allow",
  cookie: {
    ...session,
    name: shortCookieName(session.name),
    path: "/",
    domain: undefined,
    secure: true,
    httpOnly: true
  },
  cookieSigner: makeTextSigner("latchkey.device-bound.cookie", secrets),
  challengeSigner: makeTextSigner("latchkey.device-bound.challenge", secrets)
})

/** `__Host-sessionid-device` for `sessionid` and for `__Host-sessionid`. */
export const shortCookieName = (session: string): string =>
  `__Host-${session.replace(/^__(Host-Http|HostHttp|Host|Secure|Http)-/i, "")}-device`

/**
 * A signer whose texts Django reads with `Signer(salt=salt, sep=".")`.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/signing/#using-the-low-level-api
 */
const makeTextSigner = (salt: string, { fallbacks, secret }: Secrets): TextSigner => {
  const keyring: Keyring = makeKeyring(`${salt}signer`, { secret, fallbacks })
  return {
    sign: (text) => `${text}.${keyring[0].base64url(text)}`,
    unsign: (signed) => {
      const end = signed.lastIndexOf(".")
      if (end < 0) return undefined
      const [text, signature] = [signed.slice(0, end), signed.slice(end + 1)]
      return keyring.some((hmac) => constantTimeEqual(signature, hmac.base64url(text))) ? text : undefined
    }
  }
}
