/** The session table of a `testSite`, as other programs see it that share it. */
import { deflateSync, inflateSync } from "node:zlib"
import * as Effect from "effect/Effect"
import type { AnyFields } from "../../../adapters/request/session/session-access.ts"
import * as Json from "../../../core/json/json-text.ts"
import * as Data from "../../../core/json/session-data.ts"
import { makeCodec, storeSalt } from "../../../core/session/text/codec.ts"
import * as SessionKey from "../../../core/session-key.ts"
import { makeSigner } from "../../../core/signing/timestamp-signer.ts"
import type { TestSite } from "../../site/test-site.ts"
import type { LawIdentity, LawSharedTable } from "../law-parts.ts"

type Site = Pick<TestSite<string, AnyFields>, "clock" | "network" | "secretKey" | "sessionCookie" | "written">

const names = ["_auth_user_id", "_auth_user_backend", "_auth_user_hash"]

/** Reads the identity in each text that the site has written. @param otherKeys secret keys that signed some of them */
export const identitiesOf = (site: Site, otherKeys: ReadonlyArray<string>): (() => ReadonlyArray<LawIdentity>) => {
  const { network, secretKey, sessionCookie } = site
  const settings = { secret: secretKey, fallbacks: otherKeys, cookieName: sessionCookie.name }
  const codec = network.sessions.codec?.(settings) ?? makeCodec(settings)
  const identityIn = (text: string): LawIdentity => {
    const decoded = codec.decode(text)
    if (decoded._tag !== "Decoded") return {}
    return Object.fromEntries(
      names.flatMap((name) => {
        const value = Data.get(decoded.data, name)
        return value === undefined ? [] : [[name, String(Json.read(value))]]
      })
    )
  }
  return () => site.written.map(identityIn)
}

/** Reads and writes the stored texts without latchkey's codec. `undefined` for a store whose texts are not Django's. */
export const sharedTableOf = (site: Site): LawSharedTable | undefined => {
  const { clock, secretKey, sessionCookie } = site
  const { codec, commit, load } = site.network.sessions
  if (codec !== undefined) return undefined
  const signer = makeSigner({ secret: secretKey, fallbacks: [], salt: storeSalt })
  let count = 0
  return {
    store: async (json) => {
      const now = clock.now()
      const key = keyOf(`shared${String(count++).padStart(26, "0")}`)
      const text = signer.sign(bodyOf(Buffer.from(json, "latin1")), now)
      const expiresAt = now + sessionCookie.ageSeconds * 1000
      await Effect.runPromise(commit({ _tag: "Insert", key, text, expiresAt }, now))
      return key
    },
    read: async (cookie) => {
      const answer = await Effect.runPromise(load(keyOf(cookie), clock.now()))
      return answer._tag === "SessionFound" ? jsonIn(answer.text) : undefined
    }
  }
}

const keyOf = (text: string): SessionKey.SessionKey => {
  const key = SessionKey.parse(text)
  if (key === undefined) throw new TypeError("the cookie of the session is not a session key")
  return key
}

/** As Django: deflated, and marked by a dot, where that is shorter. */
const bodyOf = (json: Buffer): string => {
  const deflated = deflateSync(json)
  return deflated.length < json.length - 1 ? `.${deflated.toString("base64url")}` : json.toString("base64url")
}

const jsonIn = (text: string): string => {
  const [body = ""] = text.split(":")
  const bytes = Buffer.from(body.replace(/^\./, ""), "base64url")
  return (body.startsWith(".") ? inflateSync(bytes) : bytes).toString("latin1")
}
