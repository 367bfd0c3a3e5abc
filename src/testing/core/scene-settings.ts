/** The settings of the core in a scene. */
import * as Core from "../../core/index.ts"
import { parseMembers, writeMembers } from "../../core/json/stored-json.ts"

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

/** Django's defaults, with sessions as plain JSON. The secret key signs nothing. */
export const plainSettings: Core.RequestState.AuthSettings = {
  ...Core.settings({ secretKey: "not used", backends: [sceneBackend], codec: () => plainCodec }),
  authHashes: (password) => [`hash of ${password}`]
}

/** Django's defaults, with sessions as Django signs them. */
export const signedSettings = (secretKey: string): Core.RequestState.AuthSettings =>
  Core.settings({ secretKey, backends: [sceneBackend] })
