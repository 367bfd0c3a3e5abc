/** One browser that uses a site for a long time, and knows in which states an outage may have left its session. */
import { passwordOf } from "../../full-stack/site.ts"
import { type Answer, browser } from "../../rig/browser.ts"
import type { Dice } from "../dice.ts"

interface State {
  /** Whether the browser has the key of a session that is stored. It may be empty, after a renewal without a session. */
  readonly isStored: boolean
  readonly isLoggedIn: boolean
  readonly step: number | undefined
}

const nothing: State = { isStored: false, isLoggedIn: false, step: undefined }
/** No request hangs. Deadlines are measured elsewhere, by requests that do not compete with many others. */
const MOST_MS = 15_000

type Change = (state: State) => State
const same: Change = (state) => state

interface Visit {
  readonly name: string
  readonly send: () => Promise<Answer>
  readonly after: Change
  /** If the answer is lost. Default: `after`. */
  readonly unheard?: Change
}

const distinct = (states: ReadonlyArray<State>): ReadonlyArray<State> =>
  Array.from(new Map(states.map((state) => [JSON.stringify(state), state])).values())

/** An error of `fetch` says why only in its cause. */
const described = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? `${error}, because ${error.cause}` : String(error)

export class SoakingBrowser {
  readonly #username: string
  readonly #dice: Dice
  readonly #browser = browser()
  readonly #now: () => string
  #possible: ReadonlyArray<State> = [nothing]
  /** What requests that were answered with 503 may still do, until the fault is over. */
  #pending: ReadonlyArray<Change> = []
  #step = 0
  /** The last visits, for the descriptions of problems. */
  readonly #story: Array<string> = []
  requests = 0
  outages = 0
  readonly problems: Array<string> = []

  /** @param now what happens to the servers now, for the descriptions of problems */
  constructor(username: string, dice: Dice, now: () => string = () => "") {
    this.#username = username
    this.#dice = dice
    this.#now = now
  }

  /** Sends requests until the time is over. */
  run = async (site: { readonly url: string }, isOver: () => boolean): Promise<void> => {
    while (!isOver() && this.problems.length === 0) await this.visit(site)
  }

  /** All requests have been carried out, or will never be. */
  settle = (): void => {
    this.#pending = []
  }

  visit = async (site: { readonly url: string }): Promise<void> => {
    const { after, name, send, unheard = after } = this.#choose(site)
    const cookie = this.#browser.jar.get("sessionid")
    const since = performance.now()
    const report = (problem: string) =>
      this.problems.push([`${name}: ${problem} (${this.#now()})`, ...this.#story].join("\n  "))
    const begun = this.#now()
    const answer = await send().catch((error: unknown) => report(described(error)))
    const ms = performance.now() - since
    if (typeof answer !== "number") this.#tell(name, answer, ms, `${begun}; ${this.#now()}`)
    this.requests++
    if (typeof answer === "number") return
    if (ms > MOST_MS) report(`took ${Math.round(ms)} ms`)
    if (answer.status === 503) {
      this.outages++
      if (answer.cookies.length > 0) report("a cookie with a 503")
      if (this.#browser.jar.get("sessionid") !== cookie) report("another cookie after a 503")
      if (unheard !== same) this.#pending = [...this.#pending, unheard]
      this.#possible = this.#withPending(this.#possible)
      return
    }
    const isSeen = this.#seen(name, answer)
    const before = this.#withPending(this.#possible)
    this.#possible = this.#withPending(before.map(after)).filter(isSeen)
    if (this.#possible.length === 0) report(`${answer.status} ${answer.text} after one of ${JSON.stringify(before)}`)
  }

  /** Remembers a visit. The cookie is shown by its first letters. */
  #tell(name: string, { status, text }: Answer, ms: number, when: string): void {
    const cookie = this.#browser.jar.get("sessionid")?.slice(0, 4) ?? "no cookie"
    const states = JSON.stringify([this.#possible, this.#pending.length])
    this.#story.push(`${name} → ${status} ${text} in ${Math.round(ms)} ms, ${cookie}, before ${states} (${when})`)
    if (this.#story.length > 25) this.#story.shift()
  }

  #withPending(states: ReadonlyArray<State>): ReadonlyArray<State> {
    let all = distinct(states)
    for (const change of this.#pending) all = distinct([...all, ...all.map(change)])
    return all
  }

  /** Which states an answer shows. */
  #seen(name: string, { status, text }: Answer): (state: State) => boolean {
    if (name === "me") return (state) => state.isLoggedIn === (status === 200 && text.includes(this.#username))
    if (status !== 200) return () => false
    if (name !== "session") return () => true
    const { _auth_user_id, step } = JSON.parse(text)
    return (state) => state.step === step && state.isLoggedIn === (_auth_user_id !== undefined)
  }

  #choose(site: { readonly url: string }): Visit {
    const post = (path: string, body?: unknown) => () => this.#browser.post(site, path, body)
    const get = (path: string) => () => this.#browser.get(site, path)
    const visits: readonly [() => Visit, ...ReadonlyArray<() => Visit>] = [
      () => ({ name: "me", send: get("/me"), after: same }),
      () => ({ name: "session", send: get("/session"), after: same }),
      () => {
        const step = ++this.#step
        const after: Change = (state) => ({ ...state, isStored: true, step })
        // Without a session the answer brings a new key.
        const unheard: Change = (state) => (state.isStored ? after(state) : nothing)
        return { name: "write", send: post("/session", { step }), after, unheard }
      },
      () => {
        const credentials = { username: this.#username, password: passwordOf(this.#username) }
        const after: Change = (state) => ({ ...state, isStored: true, isLoggedIn: true })
        // A user who logs in again keeps the key.
        const unheard: Change = (state) => (state.isLoggedIn ? state : nothing)
        return { name: "login", send: post("/login", credentials), after, unheard }
      },
      () => {
        const after: Change = (state) => ({ ...state, isStored: true })
        return { name: "cycle", send: post("/session/cycle"), after, unheard: () => nothing }
      },
      () => ({ name: "logout", send: post("/logout"), after: () => nothing })
    ]
    const [me, session, write] = visits
    return this.#dice.pick([...visits, me, me, session ?? me, write ?? me])()
  }
}
