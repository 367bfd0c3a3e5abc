/** Django 4.2's own engine under the same secret. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { checkSettings } from "../../../../src/adapters/api/options/settings.ts"
import { signedCookieSessions } from "../../../../src/adapters/store/signed-cookies.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import * as Key from "../../../../src/core/session-key.ts"
import { django, djangoService } from "../../../rig/django.ts"

const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"

describe.skipIf(!djangoService().available)("signed cookies shared with Django", () => {
  const site = django({ databaseUrl: "postgres://nobody@127.0.0.1:1/none", secretKey })
  const engine = "from django.contrib.sessions.backends.signed_cookies import SessionStore\n"
  const store = signedCookieSessions()
  const { codec } = checkSettings({ secretKey }, new Map([["b", "b"]]), store).auth.session

  it("are read by both sides", async () => {
    const ours = codec.encode(Data.of([["name", Json.write("é漢😀".repeat(40))]]), Date.now())
    const [seen, theirs] = Object.values(
      Object(
        await site.manage(
          `${engine}
s = SessionStore(given)
seen = s.get("name")
s["more"] = 1
s.save()
answer = [seen, s.session_key]`,
          ours
        )
      )
    )
    expect(seen).toBe("é漢😀".repeat(40))
    const answer = await Effect.runPromise(store.load(Key.parse(String(theirs))!, Date.now()))
    const decoded = codec.decode(answer._tag === "SessionFound" ? answer.text : "")
    if (decoded._tag !== "Decoded") throw new Error(decoded._tag)
    expect([...decoded.data.keys()]).toEqual(["name", "more"])
  })
})
