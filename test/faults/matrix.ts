/**
 * Every operation under every fault. One fault strikes while visitors of all operations are in the middle of their
 * visits, each with a session of their own. What must be true of each cell of the table:
 *
 * - the status is the expected one; an outage is a 503 without a cookie, and never an anonymous answer
 * - no request takes longer than its deadline
 * - afterwards the session is as before the request or as after it, and as after it if the request was acknowledged
 * - after a logout the session has ended, also if the logout was answered with 503
 * - sessions that had ended before stay ended
 * - after the fault, the first request of each kind succeeds
 */
import * as Effect from "effect/Effect"
import { type SessionStore, StoreUnavailable } from "latchkey"
import { expect } from "vitest"
import type { Site } from "../full-stack/site.ts"
import type { Answer } from "../rig/browser.ts"
import { type CarriedOut, names, type OperationName, operationOf, visitorFor } from "./operations.ts"
import { newVisitor, type State, stateOf, type Visitor } from "./visitor.ts"

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
/** Nothing is stored, but a logout succeeds: it is sent again, or needs no space. */
export const writesRefused: Row = { ...readOnly, logout: 200 }
/**
 * The cache in front of a database cannot be written. The database changes rows, and only a line in the log says that
 * the cache does not know it; but no key ends, because the cache might bring its session back.
 */
export const cacheRefuses: Row = {
  ...rowOf(200),
  login: 503,
  logout: 503,
  cycle: 503,
  password: 503,
  reauthenticate: 503
}

export interface Fault {
  readonly strike: () => unknown
  /** Default: the fault passes by itself. */
  readonly heal?: () => unknown
  readonly row: Row
  /** Whether a request that was answered with 503 may have been carried out. */
  readonly carriedOut: "never" | "perhaps"
  /** The new password may be stored although the session could not be: the user logs in again. */
  readonly passwordMayChange?: true
  /** Only these operations are sent during the fault. */
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

const sameState = (one: State, other: State): boolean => one.user === other.user && one.marker === other.marker

/** The states in which this visit may have left the session. */
const possibleStates = ({ answer, name }: Visit, carriedOut: Fault["carriedOut"]): ReadonlyArray<State> => {
  const { after, isLoggedIn, unheard = after } = operationOf(name)
  // The site remembers a logout that failed, and this is not the first request since then.
  if (answer.status === 200 || name === "logout") return [after]
  const before: State = { user: isLoggedIn ? "self" : undefined, marker: "old" }
  return carriedOut === "never" ? [before] : [before, unheard]
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
  const carriedOut = name === "password" && fault.passwordMayChange ? "perhaps" : fault.carriedOut
  const was: CarriedOut = answer.status === 200 ? "yes" : carriedOut === "never" ? "no" : "perhaps"
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
const revived = async (site: Site, { answer, cookieBefore, name, visitor }: Visit): Promise<ReadonlyArray<string>> => {
  if (answer.status !== 200 || cookieBefore === undefined) return []
  if (visitor.browser.jar.get("sessionid") === cookieBefore) return []
  const copy = newVisitor(visitor.username)
  copy.browser.jar.set("sessionid", cookieBefore)
  return (await stateOf(site, copy)).user === undefined ? [] : [`${name}: the key from before acts as the user`]
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
  #waiting = 0
  #until = 0
  #strike: () => unknown = () => {}
  #open = Promise.withResolvers<void>()

  /** The same store, through the gate. */
  readonly store = (store: SessionStore): SessionStore => ({
    ...store,
    commit: (change, now) => Effect.andThen(Effect.promise(this.#pass), store.commit(change, now))
  })

  /** The next `count` commits wait for each other and then for the strike. */
  close(count: number, strike: () => unknown): void {
    this.#waiting = 0
    this.#until = count
    this.#strike = strike
    this.#open = Promise.withResolvers()
  }

  readonly #pass = async (): Promise<void> => {
    if (this.#until === 0) return
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

/** Runs one row of the table for a fault that strikes between reading and writing. */
export const runFaultBetween = async (
  site: Site,
  gate: CommitGate,
  { carriedOut, heal, row, strike }: Fault
): Promise<void> => {
  const writing = names.filter((name) => operationOf(name).writes)
  const party = await partyFor(site, writing)
  const later = await partyFor(site, writing)
  gate.close(writing.length, strike)
  const visits = await visitAll(site, party)
  await heal?.()
  const recovered = await visitAll(site, later)
  const problems = [
    ...faultsIn(visits, row),
    ...faultsIn(recovered, unnoticed).map((problem) => `afterwards ${problem}`),
    ...(await faultsAfter(site, [...visits, ...recovered], { carriedOut, passwordMayChange: true }))
  ]
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
