/**
 * One browser that logs in, reads, writes, renews its key and logs out, in random order, until the server is killed. It knows
 * what its session must be: as after the last acknowledged request, or as after the one that was in flight.
 */
import { passwordOf } from "../../full-stack/site.ts"
import { type Browser, browser } from "../../rig/browser.ts"
import type { Dice } from "../dice.ts"
import type { SessionRow } from "./session-rows.ts"

/** A session as it must be in the store. */
export interface Expected {
  /** `undefined`: a new key that the browser has not heard of. */
  readonly key: string | undefined
  readonly isLoggedIn: boolean
  readonly step: number | undefined
}

type Operation = "read" | "write" | "login" | "cycle" | "logout"

export class Flow {
  readonly username: string
  readonly userId: string
  readonly #number: number
  readonly #dice: Dice
  readonly #browser: Browser = browser()
  #step = 0
  acknowledged = 0
  /** How many requests were answered with 503. */
  refused = 0
  /** The session after the last acknowledged request; `undefined` if there is none. */
  before: Expected | undefined
  /** The session after the request in flight; equal to `before` if there is none. */
  after: Expected | undefined
  /** What the server answered against all expectation. */
  readonly problems: Array<string> = []

  constructor(number: number, username: string, userId: string, dice: Dice) {
    this.#number = number
    this.username = username
    this.userId = userId
    this.#dice = dice
  }

  get cookie(): string | undefined {
    return this.#browser.jar.get("sessionid")
  }

  /** Whether a stored session is one of this flow. */
  owns = (row: SessionRow): boolean => row.user === this.userId || row.data["flow"] === this.#number

  /** Sends requests until one fails. */
  run = async (url: string): Promise<void> => {
    for (;;) {
      const operation = this.#choose()
      this.after = this.#afterwards(operation)
      try {
        const { status, text } = await this.#send({ url }, operation)
        if (status === 503) {
          // The machine is too busy for the deadline. It is not known whether the request was carried out.
          this.refused++
          return
        }
        const isRight = operation === "read" ? `${status} ${text}` === this.expectedVisit : status === 200
        if (!isRight) this.problems.push(`${operation}: ${status} ${text}`)
      } catch {
        return // The server was killed.
      }
      this.#acknowledge()
    }
  }

  /** The browser's session according to the server after it was started again. */
  visit = async (url: string): Promise<string> => {
    const cookie = this.cookie
    const { status, text } = await this.#browser.get({ url }, "/me")
    // The answer to an unknown session deletes the cookie.
    if (this.cookie !== cookie) this.before = undefined
    return `${status} ${text}`
  }

  /** What {@link visit} should give. */
  get expectedVisit(): string {
    return this.before?.isLoggedIn === true ? `200 {"user":"${this.username}"}` : '401 {"user":null}'
  }

  /** Takes one of the two possible sessions for the real one. */
  settle = (is: "before" | "after"): void => {
    if (is === "after") {
      if (this.after !== undefined && this.after.key === undefined) this.before = undefined
      else this.before = this.after
    }
    this.after = this.before
  }

  #choose(): Operation {
    if (this.before === undefined) return this.#dice.pick(["write", "login"])
    if (!this.before.isLoggedIn) return this.#dice.pick(["read", "write", "login", "login", "cycle"])
    return this.#dice.pick(["read", "read", "write", "write", "cycle", "cycle", "logout"])
  }

  #afterwards(operation: Operation): Expected | undefined {
    const { isLoggedIn = false, key, step } = this.before ?? {}
    switch (operation) {
      case "read":
        return this.before
      case "write":
        this.#step++
        return { key, isLoggedIn, step: this.#step }
      case "login":
        return { key: undefined, isLoggedIn: true, step }
      case "cycle":
        return { key: undefined, isLoggedIn, step }
      case "logout":
        return undefined
    }
  }

  #send(site: { readonly url: string }, operation: Operation) {
    switch (operation) {
      case "read":
        return this.#browser.get(site, "/me")
      case "write":
        return this.#browser.post(site, "/session", { flow: this.#number, step: this.#step })
      case "login":
        return this.#browser.post(site, "/login", { username: this.username, password: passwordOf(this.username) })
      case "cycle":
        return this.#browser.post(site, "/session/cycle")
      case "logout":
        return this.#browser.post(site, "/logout")
    }
  }

  #acknowledge(): void {
    this.acknowledged++
    this.before = this.after === undefined ? undefined : { ...this.after, key: this.cookie }
    this.after = this.before
  }
}

export const isSame = (row: SessionRow, { isLoggedIn, key, step }: Expected): boolean =>
  (key === undefined || row.key === key) && (row.user !== undefined) === isLoggedIn && row.data["step"] === step
