/** Sends hostile requests and sessions to sites for some time, and says in words what went wrong. */
import * as Effect from "effect/Effect"
import type { Core } from "latchkey"
import { isSafeUrl } from "../../../src/core/http/urls/safe-redirect.ts"
import { makeSigner } from "../../../src/core/signing/timestamp-signer.ts"
import { passwordOf, secretKey } from "../../full-stack/site.ts"
import { request } from "../../full-stack/wire.ts"
import { browser } from "../../rig/browser.ts"
import type { Dice } from "../dice.ts"
import { accountFuzz } from "./account-fuzzing.ts"
import { type BoundBrowser, boundBrowser } from "./bound-browser.ts"
import { hostileProof } from "./device-grammar.ts"
import { cookieHeader, hostileRequest, jsonObject, redirectTarget, sessionText } from "./fuzz-grammar.ts"
import type { FuzzedSite, FuzzedSites } from "./fuzzed-sites.ts"
import { sender } from "./sending.ts"

/** What latchkey says about inputs, to be compared with Django. */
export interface Verdicts {
  /** Cookie headers, and whether they identified the user whose key is `key`. */
  readonly cookies: Array<readonly [header: string, key: string, isUser: boolean]>
  /** Texts of stored sessions, and the session's data as JSON. */
  readonly sessions: Array<readonly [text: string, data: string]>
  /** Targets after a login, and whether latchkey redirects there. */
  readonly targets: Array<readonly [target: string, isSafe: boolean]>
}

export interface Fuzzing {
  readonly sites: FuzzedSites
  readonly dice: Dice
  readonly isOver: () => boolean
  /** The lines that the sites have logged. */
  readonly log: Array<string>
  /** After so many problems it ends. */
  readonly most: number
  /** Gets the verdicts from time to time. @returns problems */
  readonly compare: (verdicts: Verdicts) => Promise<ReadonlyArray<string>>
}

const BATCH = 1500

const login = async (site: FuzzedSite, username: "alice" | "bob"): Promise<string> => {
  const visitor = browser()
  const url = `http://127.0.0.1:${site.port}`
  const { status } = await visitor.post({ url }, "/login", { username, password: passwordOf(username) })
  if (status !== 200) throw new Error(`a normal login on ${site.name} gets ${status}`)
  return visitor.jar.get("sessionid") ?? ""
}

/** A browser with a bound session. Its challenges are valid for 5 minutes, and it gets a new one for each proof. */
const registered = async (site: FuzzedSite): Promise<BoundBrowser> => {
  const browser = await boundBrowser(site.port, "carol")
  const status = await browser.register()
  if (status !== 200) throw new Error(`a normal registration on ${site.name} gets ${status}`)
  return browser
}

/** The line that is sent: white space around the value does not belong to it. */
const cookieLine = (header: string): string =>
  `Cookie: ${header.replace(/[\r\n\0]/g, "").replace(/^[ \t]+|[ \t]+$/g, "")}`

export const fuzz = async ({ compare, dice, isOver, log, most, sites: fuzzed }: Fuzzing) => {
  const { problems, sites, stores } = fuzzed
  const counts = { requests: 0, cookies: 0, sessions: 0, targets: 0, proofs: 0 }
  let verdicts: Verdicts = { cookies: [], sessions: [], targets: [] }
  const unhandled = (error: unknown) => problems.push(`an unhandled rejection or exception: ${error}`)
  const release = listenForUnhandled(unhandled)

  const send = sender(problems, counts)
  const accounts = accountFuzz(fuzzed, { dice, log, problems, send })

  const alice = new Map(await Promise.all(sites.map(async (site) => [site, await login(site, "alice")] as const)))
  /** The key of another user, whose session may end. */
  let victim = await login(sites[0] ?? fail(), "bob")

  const bound = new Map(await Promise.all(sites.map(async (site) => [site, await registered(site)] as const)))
  /** A proof with mistakes for a bound session: only what the device has signed renews the short cookie. */
  const proof = async (site: FuzzedSite) => {
    const { challenge, device, id, key, offered } = bound.get(site) ?? fail()
    const sent = hostileProof(device, id, await challenge(), offered)(dice)
    const lines = ["X-Forwarded-Proto: https", `Cookie: sessionid=${key}`, ...sent.lines]
    const path = dice.pick(["/dbsc/refresh", "/dbsc/refresh", "/dbsc/register"])
    const reply = await send(site, request("POST", path, lines))
    if (reply === undefined) return
    counts.proofs++
    const report = (problem: string) => problems.push(`${site.name}: ${path}: ${problem}: ${JSON.stringify(lines)}`)
    if (reply.status === 200 && !sent.isGenuine) report("a proof that the device did not sign is accepted")
    if (![200, 400, 401, 403, 404].includes(reply.status)) report(`status ${reply.status}`)
    if ((reply.headers.get("set-cookie") ?? []).some((line) => /^(sessionid|csrftoken)=/.test(line)))
      report("another cookie than the short one")
  }

  const hostile = async (site: FuzzedSite) => {
    const { body, cookie, lines, method, target } = hostileRequest(cookieHeader(victim, "a".repeat(32)))(dice)
    const cookies = cookie === "" ? [] : [cookieLine(cookie)]
    await send(site, request(method, target, [...lines, ...cookies], Buffer.from(body, "latin1")))
  }
  const cookie = async (site: FuzzedSite) => {
    const key = alice.get(site) ?? ""
    const line = cookieLine(cookieHeader(key, victim)(dice)).slice(0, 12_000)
    const reply = await send(site, request("GET", "/me", [line]))
    if (reply === undefined || reply.status === 400) return
    counts.cookies++
    verdicts.cookies.push([line.slice("Cookie: ".length), key, reply.body === '{"user":"alice"}'])
  }
  const signer = makeSigner({ secret: secretKey, fallbacks: [], salt: "django.contrib.sessions.SessionStore" })
  const text = sessionText((body) => signer.sign(body, Date.now()))
  const session = async (site: FuzzedSite) => {
    const key = Array.from({ length: 32 }, () => "abcdefghij".charAt(dice.below(10))).join(
      ""
    ) as Core.SessionKey.SessionKey
    const stored = text(dice)
    const now = Date.now()
    await Effect.runPromise(
      stores.sessions.commit({ _tag: "Insert", key, text: stored, expiresAt: now + 3_600_000 }, now)
    )
    const line = `Cookie: sessionid=${key}`
    const me = await send(site, request("GET", "/me", [line]))
    if (me !== undefined && me.body !== '{"user":null}')
      problems.push(`${site.name}: a session acts as a user: ${stored}`)
    const whole = await send(site, request("GET", "/session", [line]))
    if (whole !== undefined) verdicts.sessions.push([stored, whole.body])
    await send(site, request("POST", "/session", [line], Buffer.from(jsonObject(dice), "latin1")))
    await Effect.runPromise(stores.sessions.commit({ _tag: "Delete", key }, now))
    counts.sessions++
  }
  const targets = () => {
    for (let n = 0; n < 20; n++) {
      const target = redirectTarget(dice)
      verdicts.targets.push([target, isSafeUrl(target, ["example.com"], true)])
    }
    counts.targets += 20
  }
  const compareNow = async () => {
    problems.push(...(await compare(verdicts)))
    verdicts = { cookies: [], sessions: [], targets: [] }
  }

  try {
    for (let n = 1; !isOver() && problems.length < most; n++) {
      const site = sites[n % sites.length] ?? fail()
      await dice.pick([hostile, hostile, cookie, session, proof, accounts.step, accounts.step, accounts.step])(site)
      if (n % 10 === 0) targets()
      if (n % 100 === 0) {
        if (Object.keys(Object.prototype).length > 0) problems.push("Object.prototype has a new property")
        // The victim's session may have been ended by a hostile request; a login still works.
        victim = await login(site, "bob")
        for (const [one, key] of alice) {
          const reply = await send(one, request("GET", "/me", [`Cookie: sessionid=${key}`]))
          if (reply?.body !== '{"user":"alice"}') problems.push(`${one.name}: alice is not logged in any more`)
        }
        for (const [one, { refresh }] of bound)
          if ((await refresh()) !== 200) problems.push(`${one.name}: the bound session is not renewed any more`)
      }
      if (n % BATCH === 0) await compareNow()
    }
    await compareNow()
  } finally {
    release()
  }
  return {
    problems,
    counts: { ...counts, accounts: accounts.count() },
    carriedOut: accounts.carriedOut,
    mails: fuzzed.mail.sent
  }
}

const fail = (): never => {
  throw new Error("there is no site")
}

/** Vitest would end the run: for this time these errors are ours. */
const listenForUnhandled = (found: (error: unknown) => void): (() => void) => {
  const events = ["unhandledRejection", "uncaughtException"] as const
  const before = events.map((event) => [event, process.rawListeners(event)] as const)
  for (const event of events) process.removeAllListeners(event).on(event, found)
  return () => {
    for (const [event, listeners] of before) {
      process.removeAllListeners(event)
      for (const listener of listeners) process.on(event, listener as (error: unknown) => void)
    }
  }
}
