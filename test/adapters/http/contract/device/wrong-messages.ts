/** Messages to the endpoints of device-bound sessions that no browser of the session sends. */
import { expect } from "vitest"
import * as Wire from "../../../../full-stack/wire.ts"
import { makeDevice } from "../../../../rig/device.ts"
import { type Clause, clause } from "../clause.ts"
import {
  type Browser,
  bound,
  challengeIn,
  expectOwnAnswer,
  header,
  https,
  loggedIn,
  post,
  probe,
  prove,
  register
} from "./device-visitor.ts"

const typ = "dbsc+jwt"

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

const keyIn = (jws: string): object =>
  JSON.parse(Buffer.from(jws.split(".")[0] ?? "", "base64url").toString("utf8")).jwk

/** Tokens that are not the proof of this device over this challenge. @param jwk the key, in a registration */
const wrongTokens = ({ device }: Browser, challenge: string, jwk?: object): Readonly<Record<string, string>> => {
  const key = jwk === undefined ? {} : { jwk }
  const head = { alg: "ES256", typ, ...key }
  const right = device.token(head, { jti: challenge })
  const [top = "", payload = "", signature = ""] = right.split(".")
  return {
    "not signed": `${part({ ...head, alg: "none" })}.${payload}.`,
    "the algorithm none, with a signature": device.token({ ...head, alg: "none" }, { jti: challenge }),
    "a shared secret": device.token({ ...head, alg: "HS256" }, { jti: challenge }),
    "the algorithm of another kind of key": device.token({ ...head, alg: "RS256" }, { jti: challenge }),
    "an algorithm that was not offered": device.token({ ...head, alg: "ES384" }, { jti: challenge }),
    "another type": device.token({ ...head, typ: "JWT" }, { jti: challenge }),
    "no type": device.token({ alg: "ES256", ...key }, { jti: challenge }),
    "an extension that has to be understood": device.token({ ...head, crit: ["exp"] }, { jti: challenge }),
    "a payload that is not encoded": device.token({ ...head, b64: false }, { jti: challenge }),
    "a signature of another key": makeDevice().token(head, { jti: challenge }),
    "a signature over another payload": `${top}.${part({ jti: challenge, more: 1 })}.${signature}`,
    "longer than any proof": device.token({ ...head, pad: "x".repeat(4096) }, { jti: challenge }),
    "four parts": `${right}.${signature}`,
    "no challenge": device.token(head, {}),
    "a challenge that is not text": device.token(head, { jti: { challenge } }),
    "two tokens": `${right}, ${right}`,
    "no token": "x"
  }
}

export const wrongMessages: ReadonlyArray<Clause> = [
  clause("a wrong registration is refused and stores nothing, and the right one is accepted after it", async (site) => {
    const browser = await loggedIn(site)
    const other = await loggedIn(site, "bob")
    const { challenge, device } = browser
    const jwk = keyIn(device.register(challenge))
    site.stores.heal()
    const messages: Readonly<Record<string, string>> = {
      ...wrongTokens(browser, challenge, jwk),
      "no key": device.prove(challenge),
      "a key of another kind": device.token(
        { alg: "ES256", typ, jwk: { kty: "RSA", n: "AQAB", e: "AQAB" } },
        { jti: challenge }
      ),
      "a key on another curve": device.token({ alg: "ES256", typ, jwk: { ...jwk, crv: "P-384" } }, { jti: challenge }),
      "a key that is no point": device.token(
        { alg: "ES256", typ, jwk: { ...jwk, x: "A".repeat(43) } },
        { jti: challenge }
      ),
      "the challenge of another session": device.register(other.challenge),
      "a challenge for a refresh": device.register(challengeIn(await probe(site, browser))),
      "an invented challenge": device.register(`${challenge}x`)
    }
    for (const [name, jws] of Object.entries(messages)) {
      const reply = await register(site, browser, jws)
      expect([reply.status, Wire.cookiesOf(reply)], name).toEqual([400, []])
    }
    expect(site.stores.commits()).toBe(0)
    expectOwnAnswer(await register(site, browser), 200)
    expect((await register(site, browser, makeDevice().register(challenge))).status, "a second device").toBe(400)
  }),
  clause("a wrong proof is refused and stores nothing, and the right one is accepted after it", async (site) => {
    const browser = await bound(site)
    const challenge = challengeIn(await probe(site, browser))
    site.stores.heal()
    const jwk = keyIn(browser.device.register(challenge))
    const messages = {
      ...wrongTokens(browser, challenge),
      "with a key": browser.device.token({ alg: "ES256", typ, jwk }, { jti: challenge })
    }
    for (const [name, jws] of Object.entries(messages)) {
      const reply = await prove(site, browser, jws)
      expect([reply.status, Wire.cookiesOf(reply)], name).toEqual([401, []])
    }
    for (const id of ["A".repeat(22), `${browser.id}A`, browser.id.slice(1), `${browser.id}, ${browser.id}`, "%20"])
      expectOwnAnswer(await prove(site, browser, browser.device.prove(challenge), id), 404)
    expect(site.stores.commits()).toBe(0)
    expectOwnAnswer(await prove(site, browser, browser.device.prove(challenge)), 200)
  }),
  clause("a form or script of another site registers nothing and renews nothing", async (site) => {
    const browser = await loggedIn(site)
    const copy = await bound(site)
    site.stores.heal()
    const foreign = ["Origin: https://other.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"]
    const form = "Content-Type: application/x-www-form-urlencoded"
    // No script can set the headers of these endpoints, so they are missing.
    for (const [path, lines, status] of [
      ["/dbsc/register", browser.long, 400],
      ["/dbsc/refresh", copy.long, 404],
      ["/dbsc/refresh", copy.lines, 404]
    ] as const) {
      const reply = await Wire.ask(site.port, Wire.request("POST", path, [...lines, ...foreign, form], "a=1"))
      expectOwnAnswer(reply, status)
      expect([Wire.cookiesOf(reply), header(reply, "access-control-allow-origin")]).toEqual([[], ""])
      const preflight = await Wire.ask(
        site.port,
        Wire.request("OPTIONS", path, [https, ...foreign, "Access-Control-Request-Headers: sec-secure-session-id"])
      )
      expect(header(preflight, "access-control-allow-headers")).toBe("")
    }
    expect(site.stores.commits()).toBe(0)
  }),
  clause("a body of any kind changes no answer of the endpoints", async (site) => {
    const browser = await loggedIn(site)
    const proof = `Secure-Session-Response: ${browser.device.register(browser.challenge)}`
    const send = (lines: ReadonlyArray<string>, body: string) =>
      Wire.ask(site.port, Wire.request("POST", "/dbsc/register", [...browser.long, ...lines], body))
    const kinds = [
      "application/json",
      "application/x-www-form-urlencoded",
      "text/plain",
      "multipart/form-data; boundary=x"
    ]
    for (const kind of kinds) expectOwnAnswer(await send([`Content-Type: ${kind}`], "{"), 400)
    expectOwnAnswer(await send(["Content-Type: application/json", proof], "{"), 200)
    expectOwnAnswer(await post(site, "/dbsc/register", [...browser.long, proof]), 400)
  })
]
