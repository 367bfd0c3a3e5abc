/** The settings of the core in a scene. */
import * as Core from "../core/index.ts"
import { parseMembers, writeMembers } from "../core/json/stored-json.ts"

/** The name of the only backend of a scene. */
export const sceneBackend = "django.contrib.auth.backends.ModelBackend"

/** A codec whose text is the JSON object itself. */
const plainCodec: Core.SessionCodec = {
  encode: writeMembers,
  decode: (text) => {
    const data = parseMembers(text)
    return data === undefined ? { _tag: "Malformed" } : { _tag: "Decoded", data }
  }
}

const cookie = { path: "/", domain: undefined, secure: false, httpOnly: true, sameSite: "Lax" } as const

/** Django's defaults, with sessions as plain JSON. */
export const plainSettings: Core.RequestState.AuthSettings = {
  session: {
    codec: plainCodec,
    cookie: { ...cookie, name: "sessionid" },
    cookieAgeSeconds: 1_209_600,
    expireAtBrowserClose: false,
    saveEveryRequest: false
  },
  csrf: { cookie: { ...cookie, name: "csrftoken", httpOnly: false }, cookieAgeSeconds: 31_449_600, useSessions: false },
  backends: [sceneBackend],
  realms: new Map(),
  authHashes: (password) => [`hash of ${password}`]
}

/** Django's defaults, with sessions as Django signs them. */
export const signedSettings = (secretKey: string): Core.RequestState.AuthSettings => ({
  ...plainSettings,
  session: { ...plainSettings.session, codec: Core.makeCodec({ secret: secretKey, fallbacks: [] }) },
  authHashes: Core.makeAuthHashes(secretKey, [])
})
