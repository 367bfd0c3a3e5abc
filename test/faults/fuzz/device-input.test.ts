/** The hostile requests of `test/corpus/device-bound.json` to the endpoints of device-bound sessions, on three adapters. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask, cookiesOf, request } from "../../full-stack/wire.ts"
import { makeDevice } from "../../rig/device.ts"
import { type BoundBrowser, boundBrowser } from "./bound-browser.ts"
import { type FuzzedSite, fuzzedSites } from "./fuzzed-sites.ts"

interface Row {
  readonly id: string
  /** What is wrong, in words. */
  readonly input: string
  readonly step: string
  readonly method?: string
  /** Members of the token's header and payload in place of the right ones; `null` leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>
  readonly payload?: Readonly<Record<string, unknown>>
  /** The token; `<token>` is the one with that header and payload. */
  readonly token?: string
  /** The id; `null`: not sent. */
  readonly asked?: string | null
  /** The header lines in place of all of these. */
  readonly lines?: ReadonlyArray<string>
  /** The session key in place of the right one. */
  readonly cookie?: string | false
  readonly expect: number
}

const rows: ReadonlyArray<Row> = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../corpus/device-bound.json"), "utf8")
)

const without = (members: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))

/** A signature of ES256 in the form that TLS uses. */
const der = (signature: string): string => {
  const bytes = Buffer.from(signature, "base64url")
  const integer = (part: Buffer) => Buffer.concat([Buffer.from([2, part.length + 1, 0]), part])
  const both = Buffer.concat([integer(bytes.subarray(0, 32)), integer(bytes.subarray(32))])
  return Buffer.concat([Buffer.from([0x30, both.length]), both]).toString("base64url")
}

/** The header lines of a row. */
const linesOf = (row: Row, { device, id }: BoundBrowser, challenge: string, other: string): ReadonlyArray<string> => {
  const isRegistration = row.step === "register"
  const filled = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value)
        .replaceAll("<challenge>", challenge)
        .replaceAll("<CHALLENGE>", challenge.toUpperCase())
        .replaceAll("<other>", other)
    )
  const tokenOf = (signer: typeof device) => {
    const [own = ""] = signer.register(challenge).split(".")
    const { jwk } = JSON.parse(Buffer.from(own, "base64url").toString())
    const header = { alg: "ES256", typ: "dbsc+jwt", ...(isRegistration ? { jwk } : {}), ...row.header }
    const right = header.jwk === "<own>" ? { ...header, jwk } : header
    return signer.token(without(right), without(Object(filled({ jti: challenge, ...row.payload }))))
  }
  const token = tokenOf(device)
  const [head = "", payload = "", signature = ""] = token.split(".")
  const inPlace = (text: string) =>
    text
      .replaceAll("<token>", token)
      .replaceAll("<header>", head)
      .replaceAll("<payload>", payload)
      .replaceAll("<signature>", signature)
      .replaceAll("<short>", signature.slice(0, 40))
      .replaceAll("<der>", der(signature))
      .replaceAll("<foreign>", tokenOf(makeDevice()).split(".")[2] ?? "")
      .replaceAll("<id>", id)
  const asked = row.asked === undefined ? id : row.asked
  const lines = row.lines ?? [
    ...(asked === null ? [] : [`Sec-Secure-Session-Id: ${asked}`]),
    `Secure-Session-Response: ${row.token ?? "<token>"}`
  ]
  return lines.map(inPlace)
}

describe("the endpoints of device-bound sessions", () => {
  let sites: ReadonlyArray<FuzzedSite> = []
  /** For each site a browser that has not registered yet, and one that has. */
  const browsers = new Map<string, Readonly<Record<string, BoundBrowser>>>()
  beforeAll(async () => {
    sites = (await fuzzedSites()).sites
    for (const { name, port } of sites) {
      const [offered, bound] = [await boundBrowser(port, "alice"), await boundBrowser(port, "carol")]
      expect(await bound.register()).toBe(200)
      browsers.set(name, { register: offered, refresh: bound })
    }
  })
  afterAll(async () => {
    for (const { stop } of sites) await stop()
  })

  describe.each(["node", "koa", "next"])("on %s", (name) => {
    const browserFor = (step: string) => browsers.get(name)?.[step] ?? expect.fail("no browser")
    const port = () => sites.find((site) => site.name === name)?.port ?? 0

    it.each(rows)("answer $expect to a $step with $input ($id)", async (row) => {
      const browser = browserFor(row.step)
      const challenge = row.step === "register" ? browser.offered : await browser.challenge()
      const other = row.step === "register" ? await browser.challenge() : browser.offered
      const key = row.cookie === undefined ? browser.key : row.cookie
      const lines = [
        "X-Forwarded-Proto: https",
        ...(key === false ? [] : [`Cookie: sessionid=${key}`]),
        ...linesOf(row, browser, challenge, other)
      ]
      const reply = await ask(port(), request(row.method ?? "POST", `/dbsc/${row.step}`, lines))
      expect(reply.status).toBe(row.expect)
      const set = cookiesOf(reply).map((cookie) => cookie.split("=")[0])
      expect(set, "no cookie but the short one, and only after a good proof").toEqual(
        row.expect === 200 ? ["__Host-sessionid-device"] : []
      )
      expect(reply.headers.get("cache-control")?.join()).toBe("no-store")
    })

    it("still accept a right registration and a right refresh after all this", async () => {
      expect(await browserFor("register").register()).toBe(200)
      expect(await browserFor("refresh").refresh()).toBe(200)
      for (const [step, user] of [
        ["register", "alice"],
        ["refresh", "carol"]
      ] as const) {
        const lines = ["X-Forwarded-Proto: https", `Cookie: sessionid=${browserFor(step).key}`]
        expect((await ask(port(), request("GET", "/me", lines))).body).toBe(JSON.stringify({ user }))
      }
    })
  })
})
