import { describe, expect, it } from "vitest"
import type { DeviceBinding } from "../../../src/core/device-bound/device-binding.ts"
import * as Challenge from "../../../src/core/device-bound/device-challenge.ts"
import { type DeviceStep, prove, register } from "../../../src/core/device-bound/device-endpoints.ts"
import { boundSince, id, jwk, now, offered, settings } from "./device-scene.ts"

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** A proof with a signature that is verified later. */
const proofOver = (purpose: "register" | "refresh", key = {}): string =>
  [
    part({ typ: "dbsc+jwt", alg: "ES256", ...key }),
    part({ jti: Challenge.make(settings, purpose, id, now) }),
    "signature"
  ].join(".")

const statusOf = (step: DeviceStep): number | "VerifyProof" => (step._tag === "Answer" ? step.answer.status : step._tag)

/** Without a short cookie. */
const refused = (status: number) => ({
  status,
  headers: { "cache-control": "no-store", "cross-origin-resource-policy": "same-origin" },
  body: ""
})

describe("a registration", () => {
  const sent = proofOver("register", { jwk })
  const answerTo = (binding: DeviceBinding | undefined) =>
    register(settings, "", { _tag: "OfUser", binding }, sent, now)

  it("is verified for ten seconds after the login offered it, and only once", () => {
    expect(statusOf(answerTo(offered(now)))).toBe("VerifyProof")
    expect(statusOf(answerTo(offered(now - 10_000)))).toBe("VerifyProof")
    expect(statusOf(answerTo(offered(now - 10_001)))).toBe(400)
    expect(statusOf(answerTo(boundSince(now)))).toBe(400)
    expect(statusOf(answerTo(undefined))).toBe(400)
  })

  it("is verified at any time if the login could not offer it", () => {
    const waiting = { ...offered(now - 3_600_000), waits: true } as const
    expect(answerTo(waiting)).toMatchObject({ ifGood: { stores: { id, offered: waiting.offered } } })
    expect(answerTo(waiting)).not.toHaveProperty("ifGood.stores.waits")
  })

  it("needs a challenge of the last five minutes also then", () => {
    const waiting = { ...offered(now - 3_600_000), waits: true } as const
    const answerAt = (at: number) => statusOf(register(settings, "", { _tag: "OfUser", binding: waiting }, sent, at))
    expect([answerAt(now + 300_000), answerAt(now + 300_001)]).toEqual(["VerifyProof", 400])
  })

  it("stores the key, and gives a short cookie only for a good signature", () => {
    expect(answerTo(offered(now))).toMatchObject({
      ifGood: { status: 200, stores: { ...offered(now), device: { jwk, alg: "ES256", since: now } } },
      ifWrong: refused(400)
    })
  })
})

describe("a refresh", () => {
  const answerTo = (session: Parameters<typeof prove>[2], sent = proofOver("refresh")) =>
    prove(settings, "", session, id, sent, now)
  const bound = { _tag: "OfUser", binding: boundSince(now) } as const

  it("is tried again later if the session may be changing, and ends the bound session if it has no device", () => {
    expect(statusOf(answerTo({ _tag: "Gone" }))).toBe(503)
    expect(statusOf(answerTo({ _tag: "Anonymous" }))).toBe(404)
    expect(statusOf(answerTo({ _tag: "OfUser", binding: offered(now) }))).toBe(404)
  })

  it("gives a short cookie for a good signature, and a new challenge if the challenge was for a registration", () => {
    expect(answerTo(bound)).toMatchObject({ ifGood: { status: 200 }, ifWrong: refused(401) })
    expect(answerTo(bound, proofOver("register"))).toMatchObject({ ifGood: { status: 403 }, ifWrong: refused(401) })
  })
})
