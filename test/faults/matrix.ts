/**
 * Every operation under every fault. One fault strikes while visitors of all operations are in the middle of their
 * visits, each with a session of their own. What must be true of each cell of the table:
 *
 * - the status is the expected one; an outage is a 503 without a cookie, and never an anonymous answer
 * - no request takes longer than its deadline
 * - afterwards the session is as before the request or as after it, and as after it if the request was acknowledged
 * - after a logout the session has ended, also if the logout was answered with 503
 * - after a request that ends the user's other sessions, each of them has ended; if the request was answered with 503,
 *   each has ended or is as before. The session of the request stays, and the same request then ends the rest
 * - sessions that had ended before stay ended
 * - after the fault, the first request of each kind succeeds
 */
import * as Effect from "effect/Effect"
import { type SessionStore, StoreUnavailable } from "latchkey"
import { expect } from "vitest"
import type { Site } from "../full-stack/site.ts"
import type { Answer } from "../rig/browser.ts"
import { type CarriedOut, names, type OperationName, operationOf, passwordsOf, visitorFor } from "./operations.ts"
import { holderOf, login, newVisitor, type State, sameState, stateOf, type Visitor } from "./visitor.ts"

/** A request waits for its stores for 3 s at most. The rest is for a machine that is busy with other work. */
const LIMIT_MS = 3000 + 1500

/** How often {@link lost} is counted up, in milliseconds. */
const TICK_MS = 20
/** Milliseconds in which this process wanted to run and could not, because the machine was busy with other work. */
let lost = 0
let tickedAt = performance.now()
setInterval(() => {
  const now = performance.now()
  lost += Math.max(0, now - tickedAt - TICK_MS)
  tickedAt = now
}, TICK_MS).unref()

/** For a request that needs no store. */
const UNTOUCHED_MS = 1000

/** The status of each operation; of two statuses either is right. */
export type Row = Readonly<Record<OperationName, Status>>
export type Status = 200 | 503 | "200 or 503"

const rowOf = (status: Status): Row => ({
  anonymous: 200,
  read: status,
  guarded: status,
  permission: status,
  list: status,
  write: status,
  login: status,
  logout: status,
  endOthers: status,
  cycle: status,
  password: status,
  reauthenticate: status,
  register: status,
  refresh: status
})
const onlyReads = { read: 200, guarded: 200, permission: 200, list: 200, refresh: 200 } as const
/** Nothing that needs the store works. */
export const outage = rowOf(503)
/** The visitors notice nothing. */
export const unnoticed = rowOf(200)
/** Some requests come early enough, or late enough. */
export const perhaps = rowOf("200 or 503")

/** Only what writes fails. */
export const readOnly: Row = { ...outage, ...onlyReads }
/** A read that fails is sent again. A write may come to a connection with the same fault, and is not sent again. */
export const readsUnnoticed: Row = { ...perhaps, ...onlyReads }
/** Nothing is stored, but sessions are ended: a deletion is sent again, or needs no space. */
export const writesRefused: Row = { ...readOnly, logout: 200, endOthers: 200 }
/**
 * The cache in front of a database cannot be written. The database changes rows, and only a line in the log says that
 * the cache does not know it; but no key ends, because the cache might bring its session back.
 */
export const cacheRefuses: Row = {
  ...rowOf(200),
  login: 503,
  logout: 503,
  endOthers: 503,
  cycle: 503,
  password: 503,
  reauthenticate: 503
}

export interface Fault {
  readonly strike: () => unknown
  /** Default: the fault passes by itself. */
  readonly heal?: () => unknown
  readonly row: Row
  /** Whether a request that was answered with 503 was carried out. */
  readonly carriedOut: "never" | "perhaps" | "always"
  /** The new password may be stored although the session could not be: the user logs in again. */
  readonly passwordMayChange?: true
  /** Another request logs each visitor out before the fault ends. */
  readonly endsMeanwhile?: true
  /** Only these operations are sent during the fault. Default: all; between reading and writing: all that write. */
  readonly of?: ReadonlyArray<OperationName>
  /** How many times all operations are sent during the fault. Default: 2, since the first time uses up old connections. */
  readonly rounds?: 1 | 2
}

interface Visit {
  readonly name: OperationName
  readonly visitor: Visitor
  readonly answer: Answer
  /** How long it took, without the time that this process has lost. */
  readonly ms: number
  readonly cookieBefore: string | undefined
}

export const visit = async (site: Site, name: OperationName, visitor: Visitor): Promise<Visit> => {
  const cookieBefore = visitor.browser.jar.get("sessionid")
  const since = performance.now() - lost
  const answer = await operationOf(name).send(site, visitor)
  return { name, visitor, answer, ms: performance.now() - lost - since, cookieBefore }
}

/** A visitor for each operation. */
export type Party = ReadonlyMap<OperationName, Visitor>
export const partyFor = async (site: Site, of: ReadonlyArray<OperationName> = names): Promise<Party> => {
  const party = new Map<OperationName, Visitor>()
  // One after the other: all at the same time would fill the queue for password hashing.
  for (const name of of) party.set(name, await visitorFor(site, name))
  return party
}

export const visitAll = (site: Site, party: Party): Promise<ReadonlyArray<Visit>> =>
  Promise.all(Array.from(party, ([name, visitor]) => visit(site, name, visitor)))

const matches = (status: number, expected: Status): boolean =>
  expected === "200 or 503" ? status === 200 || status === 503 : status === expected

/** What is wrong with the answers, in words. */
export const faultsIn = (visits: ReadonlyArray<Visit>, row: Partial<Row>): ReadonlyArray<string> =>
  visits.flatMap(({ answer, cookieBefore, ms, name, visitor }) => {
    const { cookies, headers, status, text } = answer
    const problems: Array<string> = []
    const expected = row[name] ?? 200
    if (!matches(status, expected)) problems.push(`status ${status} instead of ${expected}: ${text.slice(0, 80)}`)
    if (status === 200 && !text.startsWith(operationOf(name).says)) problems.push(`says ${text}`)
    if (status === 503) {
      if (cookies.length > 0) problems.push("a cookie with a 503")
      if (visitor.browser.jar.get("sessionid") !== cookieBefore) problems.push("another cookie")
      if (text !== (operationOf(name).saysOfOutage ?? '{"error":"unavailable"}')) problems.push(`says ${text}`)
      if (headers.get("cache-control") !== "no-store") problems.push("may be cached")
      if (!/^[1-9]\d*$/.test(headers.get("retry-after") ?? "")) problems.push("has no Retry-After")
    }
    if (name === "anonymous" && (cookies.length > 0 || ms > UNTOUCHED_MS))
      problems.push(`took ${Math.round(ms)} ms, with ${cookies.length} cookies`)
    if (ms > LIMIT_MS) problems.push(`took ${Math.round(ms)} ms`)
    return problems.map((problem) => `${name}: ${problem}`)
  })

/** The states in which this visit may have left the session. */
const possibleStates = ({ answer, name }: Visit, carriedOut: Fault["carriedOut"]): ReadonlyArray<State> => {
  const { after, isLoggedIn, unheard = after } = operationOf(name)
  // The site remembers a logout that failed, and this is not the first request since then.
  if (answer.status === 200 || name === "logout") return [after]
  const before: State = { user: isLoggedIn ? "self" : undefined, marker: "old" }
  return { never: [before], perhaps: [before, unheard], always: [unheard] }[carriedOut]
}

/** What is wrong with the sessions afterwards, in words. */
export const faultsAfter = async (
  site: Site,
  visits: ReadonlyArray<Visit>,
  fault: Pick<Fault, "carriedOut" | "passwordMayChange">
): Promise<ReadonlyArray<string>> => {
  const problems = visits.map((visit) =>
    wrongState(site, visit, fault).catch((error: unknown) => [`${visit.name}: afterwards ${error}`])
  )
  return (await Promise.all(problems)).flat()
}

const wrongState = async (
  site: Site,
  visit: Visit,
  fault: Pick<Fault, "carriedOut" | "passwordMayChange">
): Promise<ReadonlyArray<string>> => {
  const { answer, name, visitor } = visit
  const mayChange = name === "password" && fault.passwordMayChange && fault.carriedOut === "never"
  const carriedOut = mayChange ? "perhaps" : fault.carriedOut
  const unheard = { never: "no", perhaps: "perhaps", always: "unheard" } as const
  const was: CarriedOut = answer.status === 200 ? "yes" : unheard[carriedOut]
  const state = await stateOf(site, visitor)
  const possible = possibleStates(visit, carriedOut)
  const others = (await operationOf(name).problems?.(site, visitor, answer, was)) ?? []
  const [is, mayBe] = [state, possible].map((value) => JSON.stringify(value))
  return [
    ...(possible.some((one) => sameState(one, state))
      ? []
      : [`${name}: after ${answer.status} the session is ${is}, none of ${mayBe}`]),
    ...(await revived(site, visit)),
    ...others.map((problem) => `${name}: after ${answer.status} ${problem}`)
  ]
}

/** After an acknowledged logout, or a renewal of the key, the former key acts as no user. */
const revived = async (site: Site, visit: Visit): Promise<ReadonlyArray<string>> => {
  const { answer, cookieBefore, name, visitor } = visit
  if (answer.status !== 200 || cookieBefore === undefined) return []
  if (visitor.browser.jar.get("sessionid") === cookieBefore) return []
  return (await stateOf(site, copyOf(visit))).user === undefined
    ? []
    : [`${name}: the key from before acts as the user`]
}

const copyOf = ({ cookieBefore, visitor }: Visit): Visitor => holderOf(visitor.username, cookieBefore)

/** Ends the session of a visit from another browser that has its key. */
const logOut = async (site: Site, visit: Visit): Promise<ReadonlyArray<string>> => {
  const { status } = await operationOf("logout").send(site, copyOf(visit))
  return status === 200 ? [] : [`${visit.name}: the logout meanwhile gets ${status}`]
}

/** After a logout its key has no session, and so no data, also after the late write. */
const revivedLate = async (site: Site, visit: Visit): Promise<ReadonlyArray<string>> => {
  const state = await stateOf(site, copyOf(visit))
  return sameState(state, { user: undefined, marker: undefined })
    ? []
    : [`${visit.name}: the session that ended meanwhile is ${JSON.stringify(state)}`]
}

/** No other key has the session either. A login stores a session of its own, with a key that no client knows. */
const renewedLate = async (site: Site, { name, visitor }: Visit): Promise<ReadonlyArray<string>> => {
  if (name === "login") return []
  const again = newVisitor(visitor.username)
  for (const password of passwordsOf(again.username)) await login(site, again, password)
  const { text } = await operationOf("list").send(site, again)
  return text === "[true]" ? [] : [`${name}: after another login the user's sessions are ${text}`]
}

/** The same for all of them, by the keys that the store has got meanwhile. */
const storedLate = (ended: ReadonlyArray<Visit>, added: ReadonlyArray<string>): ReadonlyArray<string> => {
  const logins = ended.filter(({ name }) => name === "login")
  return added.length === logins.length ? [] : [`${added.length} new keys after ${logins.length} late logins`]
}

/** A session that its user has ended: the cookies from before. */
const endedSession = async (site: Site): Promise<Visitor> => {
  const visitor = await visitorFor(site, "logout")
  await stateOf(site, visitor)
  const cookies = new Map(visitor.browser.jar)
  expect((await operationOf("logout").send(site, visitor)).status).toBe(200)
  for (const [name, value] of cookies) visitor.browser.jar.set(name, value)
  return visitor
}

/** Stops the commits of a store, so that a fault can strike after all of them have read, and before they write. */
export class CommitGate {
  #passing = 0
  #waiting = 0
  #until = 0
  #strike: () => unknown = () => {}
  #open = Promise.withResolvers<void>()

  /** The same store, through the gate. */
  readonly store = (store: SessionStore): SessionStore => ({
    ...store,
    commit: (change, now) => Effect.andThen(Effect.promise(this.#pass), store.commit(change, now))
  })

  /** The next `count` commits wait for each other and then for the strike. @param passing so many pass before them */
  close(count: number, strike: () => unknown, passing = 0): void {
    this.#passing = passing
    this.#waiting = 0
    this.#until = count
    this.#strike = strike
    this.#open = Promise.withResolvers()
  }

  readonly #pass = async (): Promise<void> => {
    if (this.#until === 0) return
    if (this.#passing > 0) {
      this.#passing -= 1
      return
    }
    if (++this.#waiting === this.#until) {
      this.#until = 0
      this.#open.resolve(
        Promise.resolve()
          .then(this.#strike)
          .then(() => {})
      )
    }
    await this.#open.promise
  }
}

/** What writes. @param recordsSessions whether the site can list the sessions of a user */
const writing = (recordsSessions: boolean): ReadonlyArray<OperationName> =>
  names.filter((name) => operationOf(name).writes && (recordsSessions || !operationOf(name).needsRecords))

/**
 * Sends each operation that writes over every connection of the site, so that the server knows all their statements or
 * scripts. Then a write is one message and one answer.
 */
export const prepareWrites = async (site: Site, gate: CommitGate, connections: number): Promise<void> => {
  // Ending other sessions is the same statement as a logout.
  for (const name of writing(false)) {
    const visitors: Array<Visitor> = []
    for (let n = 0; n < connections; n++) visitors.push(await visitorFor(site, name))
    // They write at the same time, each on a connection of its own.
    gate.close(connections, () => {})
    const answers = await Promise.all(visitors.map((visitor) => operationOf(name).send(site, visitor)))
    expect(answers.map(({ status }) => status)).toEqual(visitors.map(() => 200))
  }
}

/** When the fault strikes, and what a late write is looked for in, besides the keys that the visitors have. */
interface Between {
  /** So many writes succeed before it strikes. Default: 0. */
  readonly passing?: number
  /** Whether the site can list the sessions of a user. */
  readonly recordsSessions?: boolean
  /** The keys of all sessions in the store. */
  readonly sessionKeys?: () => Promise<ReadonlyArray<string>>
}

/** Runs one row of the table for a fault that strikes between reading and writing. */
export const runFaultBetween = async (
  site: Site,
  gate: CommitGate,
  fault: Fault,
  { passing, recordsSessions = false, sessionKeys }: Between = {}
): Promise<void> => {
  const { carriedOut, endsMeanwhile, heal, of = writing(recordsSessions), row, strike } = fault
  const party = await partyFor(site, of)
  const later = await partyFor(site, of)
  const keysNow = endsMeanwhile ? sessionKeys : undefined
  const known = new Set(await keysNow?.())
  gate.close(of.length, strike, passing)
  const visits = await visitAll(site, party)
  const ended = endsMeanwhile ? visits.filter(({ answer }) => answer.status === 503) : []
  const problems = [...faultsIn(visits, row), ...(await Promise.all(ended.map((visit) => logOut(site, visit)))).flat()]
  await heal?.()
  const added = (await keysNow?.())?.filter((key) => !known.has(key))
  const recovered = await visitAll(site, later)
  const going = visits.filter((visit) => !ended.includes(visit))
  problems.push(
    ...faultsIn(recovered, unnoticed).map((problem) => `afterwards ${problem}`),
    ...(await Promise.all(ended.map((visit) => revivedLate(site, visit)))).flat(),
    ...(added === undefined ? [] : storedLate(ended, added)),
    ...(recordsSessions ? await Promise.all(ended.map((visit) => renewedLate(site, visit))) : []).flat(),
    ...(await faultsAfter(site, [...going, ...recovered], { carriedOut, passwordMayChange: true }))
  )
  expect(problems).toEqual([])
  expect(site.bugs.filter((error) => !(error instanceof StoreUnavailable))).toEqual([])
}

/** Runs one row of the table. */
export const runFault = async (site: Site, fault: Fault): Promise<void> => {
  expect(await problemsUnder(site, fault)).toEqual([])
  expect(site.bugs.filter((error) => !(error instanceof StoreUnavailable))).toEqual([])
}

/** What a row of the table finds, in words. */
export const problemsUnder = async (site: Site, fault: Fault): Promise<ReadonlyArray<string>> => {
  const { heal, of, row, rounds = 2, strike } = fault
  const parties: Array<Party> = []
  for (let n = 0; n < rounds; n++) parties.push(await partyFor(site, of))
  const later = await partyFor(site)
  const ended = await endedSession(site)
  const visits: Array<Visit> = []
  const problems: Array<string> = []
  await strike()
  for (const party of parties) {
    const round = await visitAll(site, party)
    problems.push(...faultsIn(round, row))
    visits.push(...round)
  }
  await heal?.()
  const recovered = await visitAll(site, later)
  problems.push(...faultsIn(recovered, unnoticed).map((problem) => `afterwards ${problem}`))
  problems.push(...(await faultsAfter(site, [...visits, ...recovered], fault)))
  const nowhere: State = { user: undefined, marker: undefined }
  if ((await stateOf(site, ended).catch(() => nowhere)).user !== undefined)
    problems.push("an ended session works again")
  return problems
}
