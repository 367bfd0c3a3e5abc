/**
 * A browser that binds sessions to its device, as Chromium does.
 *
 * | what happens                                   | what the browser does                                                     |
 * | ---------------------------------------------- | ------------------------------------------------------------------------- |
 * | a response offers a registration               | registers beside the requests that follow; never a second time            |
 * | a request in scope, no short cookie            | holds the request until a refresh has ended, once in a chain of redirects |
 * | a request in scope, less than 120 s left       | refreshes beside the request                                              |
 * | a request that a page of another origin makes  | sends it as it is, without a refresh                                      |
 * | a refresh is answered 403                      | signs the challenge and sends it again; at the fifth time ends the session|
 * | … 2xx with instructions                        | forgets challenge and proof                                               |
 * | … 2xx with an empty body                       | sends the same proof again the next time                                  |
 * | … 4xx other than 403 and 407                   | ends the bound session                                                    |
 * | … 5xx, 407, no connection, no answer for 20 s  | sends the held requests with `Secure-Session-Skipped`                     |
 * | the seventh signature in 540 s                 | makes none                                                                |
 */

import { type BoundSession, challengeOf, instructionsOf, type Offer, offersOf, type Skipped } from "./bound-session.ts"
import { Browser, type BrowserOptions, type Target } from "./browser.ts"
import * as Limits from "./chromium-limits.ts"
import { type DeviceKey, makeDeviceKey } from "./device-key.ts"
import type { PageInit } from "./page-request.ts"
import { afterRedirect, isRedirect } from "./redirected-request.ts"

/** A request of a {@link DeviceBrowser} for device-bound sessions, and how it was answered. */
export interface DeviceExchange {
  /** What was sent: a registration, a refresh without a proof, or one with a proof. */
  readonly sent: "registration" | "probe" | "proof"
  /** The status of the answer; `undefined`: no answer. */
  readonly status: number | undefined
}

/** The options of a {@link DeviceBrowser}. */
export interface DeviceBrowserOptions extends BrowserOptions {
  /** Browsers with the same seed make the same keys. Default `"browser"`. */
  readonly seed?: string
}

/**
 * A browser that binds sessions to its device. Registrations and refreshes go to the same target as the request that
 * causes them. Wait for those that go on beside other requests with {@link DeviceBrowser.settled}.
 *
 * A `copy()` has the cookies and no key: it is what an attacker has who copied the cookies.
 */
export class DeviceBrowser extends Browser {
  readonly #seed: string
  readonly #sessions = new Map<string, BoundSession>()
  readonly #beside = new Set<Promise<unknown>>()
  readonly #exchanges: Array<DeviceExchange> = []
  readonly #held = new Set<{ readonly since: number; readonly release: () => void }>()
  readonly #heldChains = new WeakSet<object>()
  #signedAt: ReadonlyArray<number> = []
  #keys = 0

  constructor({ seed = "browser", ...options }: DeviceBrowserOptions = {}) {
    super(options)
    this.#seed = seed
  }

  /** The identifiers of the bound sessions. */
  get boundSessions(): ReadonlyArray<string> {
    return [...this.#sessions.keys()]
  }

  /** The registrations and refreshes so far. */
  get exchanges(): ReadonlyArray<DeviceExchange> {
    return this.#exchanges
  }

  /** The key of a bound session, for proofs that a test sends itself. */
  keyOf(id: string): DeviceKey | undefined {
    return this.#sessions.get(id)?.key
  }

  /** Resolves when no registration and no refresh goes on. */
  async settled(): Promise<void> {
    while (this.#beside.size > 0) await Promise.all(this.#beside)
  }

  /** Deletes the short cookies, as after their expiry. */
  deleteShortCookies(): void {
    for (const { cookies, origin } of this.#sessions.values())
      this.store(
        cookies.map((name) => `${name}=; Path=/; Secure; Max-Age=0`),
        origin
      )
  }

  /** Sends the requests that have been held for 20 s or more on the browser's clock. Call it after moving the clock. */
  releaseHeld(): void {
    for (const held of this.#held) if (this.clock.now() - held.since >= Limits.longestHoldSeconds * 1000) held.release()
  }

  protected override async send(target: Target, url: URL, init: PageInit, chain: object): Promise<Response> {
    const skipped: Array<string> = []
    let isHeld = false
    for (const session of this.#sessions.values()) {
      if (!isInScope(session, url, init)) continue
      const left = this.#secondsLeft(session)
      if (left > 0 && left < Limits.refreshAheadSeconds) this.#goOn(this.#refresh(session, target))
      if (left > 0 || this.#heldChains.has(chain)) continue
      isHeld = true
      const reason = await this.#holdFor(this.#refresh(session, target))
      if (reason !== undefined) skipped.push(`${reason};session_identifier="${session.id}"`)
    }
    if (isHeld) this.#heldChains.add(chain)
    const response = await super.send(target, url, withSkipped(init, skipped), chain)
    this.#readChallenge(response)
    if (/"(cookies|\*)"/.test(response.headers.get("clear-site-data") ?? "")) this.#forget(url.origin)
    for (const offer of offersOf(response.headers.get("secure-session-registration")))
      this.#goOn(this.#register(offer, target, url))
    return response
  }

  #forget(origin: string): void {
    this.clearCookies()
    for (const session of this.#sessions.values()) if (session.origin === origin) this.#sessions.delete(session.id)
  }

  /** The time that the short cookie with the nearest end has left; 0: there is none. */
  #secondsLeft({ cookies, origin }: BoundSession): number {
    const now = this.clock.now()
    const left = cookies.map((name) => {
      if (this.cookie(name, origin) === undefined) return 0
      const ends = this.cookies.find((cookie) => cookie.name === name)?.expiresAt
      return ends === undefined ? Number.POSITIVE_INFINITY : (ends - now) / 1000
    })
    return Math.min(...left)
  }

  #goOn(work: Promise<unknown>): void {
    const kept = work.finally(() => this.#beside.delete(kept))
    this.#beside.add(kept)
  }

  async #holdFor(refresh: Promise<Skipped | undefined>): Promise<Skipped | undefined> {
    const { promise, resolve } = Promise.withResolvers<Skipped>()
    const held = { since: this.clock.now(), release: () => resolve("unreachable") }
    this.#held.add(held)
    return Promise.race([refresh, promise]).finally(() => this.#held.delete(held))
  }

  /** Counts a signature. @returns whether it may be made */
  #mayStillSign(): boolean {
    const now = this.clock.now()
    this.#signedAt = this.#signedAt.filter((at) => now - at < Limits.quotaSeconds * 1000)
    if (this.#signedAt.length >= Limits.quotaSignatures) return false
    this.#signedAt = [...this.#signedAt, now]
    return true
  }

  async #register({ authorization, challenge, path }: Offer, target: Target, page: URL): Promise<void> {
    if (page.protocol !== "https:" || !this.#mayStillSign()) return
    const key = makeDeviceKey(`${this.#seed} ${this.#keys++}`)
    const response = await this.#post("registration", target, new URL(path, page), {
      "secure-session-response": key.register(challenge, authorization)
    })
    if (response === undefined || outcomeIn(response) !== "refreshed") return
    const instructions = instructionsOf(await response.text())
    if (instructions === undefined || instructions === "Ended") return
    this.#sessions.set(instructions.id, {
      ...instructions,
      origin: page.origin,
      key,
      challenge: undefined,
      proof: undefined,
      refreshing: undefined,
      failures: 0,
      notBefore: 0
    })
    this.#readChallenge(response)
  }

  /** Refreshes; a refresh that goes on already is not made twice. */
  #refresh(session: BoundSession, target: Target): Promise<Skipped | undefined> {
    if (session.refreshing !== undefined) return session.refreshing
    const work = this.#refreshNow(session, target).finally(() => {
      session.refreshing = undefined
    })
    session.refreshing = work
    this.#goOn(work)
    return work
  }

  async #refreshNow(session: BoundSession, target: Target): Promise<Skipped | undefined> {
    if (this.clock.now() < session.notBefore) return "unreachable"
    for (let challenges = 0; challenges < Limits.fatalChallenges; ) {
      if (session.proof === undefined && session.challenge !== undefined) {
        if (!this.#mayStillSign()) return "quota_exceeded"
        session.proof = session.key.prove(session.challenge)
      }
      const { proof } = session
      const response = await this.#post(
        proof === undefined ? "probe" : "proof",
        target,
        new URL(session.refreshUrl, session.origin),
        { "sec-secure-session-id": session.id, ...(proof === undefined ? {} : { "secure-session-response": proof }) }
      )
      const outcome = response === undefined ? "unreachable" : outcomeIn(response)
      if (outcome === "unreachable" || outcome === "server_error") return this.#failed(session, outcome)
      if (response === undefined || outcome === "fatal") return this.#end(session)
      session.failures = 0
      if (outcome === "refreshed") return this.#refreshed(session, response)
      if (challengeOf(response.headers.get("secure-session-challenge"))?.id !== session.id) return this.#end(session)
      this.#readChallenge(response)
      challenges += 1
    }
    return this.#end(session)
  }

  #failed(session: BoundSession, reason: Skipped): Skipped {
    session.failures += 1
    if (session.failures >= Limits.failuresBeforeBackOff)
      session.notBefore = this.clock.now() + Limits.backOffSeconds * 1000
    return reason
  }

  #end({ id }: BoundSession): undefined {
    this.#sessions.delete(id)
  }

  async #refreshed(session: BoundSession, response: Response): Promise<undefined> {
    const body = await response.text()
    if (body === "") return
    const instructions = instructionsOf(body)
    if (instructions === undefined || instructions === "Ended") return this.#end(session)
    Object.assign(session, instructions, { challenge: undefined, proof: undefined })
    this.#readChallenge(response)
  }

  #readChallenge({ headers }: Response): void {
    const given = challengeOf(headers.get("secure-session-challenge"))
    const session = given === undefined ? undefined : this.#sessions.get(given.id)
    if (given === undefined || session === undefined) return
    session.challenge = given.challenge
    session.proof = undefined
  }

  /** @returns the answer, after redirects; `undefined`: the connection failed */
  async #post(
    sent: DeviceExchange["sent"],
    target: Target,
    url: URL,
    headers: Readonly<Record<string, string>>
  ): Promise<Response | undefined> {
    let response: Response | undefined
    try {
      const init: PageInit = { method: "POST", headers, csrf: false, mode: "cors" }
      response = await super.send(target, url, init, {})
      if (isRedirect(response)) {
        const next = new URL(response.headers.get("location") ?? "", url)
        response = await super.send(target, next, afterRedirect(init, response.status, url, next), {})
      }
    } catch {
      response = undefined
    }
    this.#exchanges.push({ sent, status: response?.status })
    return response
  }
}

/** An answer of HTML is that of a page to which the browser was redirected. */
const outcomeIn = ({ headers, status }: Response): ReturnType<typeof Limits.outcomeOf> =>
  status < 300 && /^text\/html\b/.test(headers.get("content-type") ?? "") ? "fatal" : Limits.outcomeOf(status)

const isInScope = ({ excluded, origin, refreshUrl }: BoundSession, url: URL, { from }: PageInit): boolean => {
  const isExcluded = excluded.some((path) => url.pathname === path || url.pathname.startsWith(`${path}/`))
  const isRefresh = url.pathname === new URL(refreshUrl, origin).pathname
  return url.origin === origin && !isExcluded && !isRefresh && new URL(from ?? "/", url).origin === origin
}

const withSkipped = (init: PageInit, skipped: ReadonlyArray<string>): PageInit => {
  if (skipped.length === 0) return init
  const headers = new Headers(init.headers)
  headers.set("secure-session-skipped", skipped.join(", "))
  return { ...init, headers }
}
