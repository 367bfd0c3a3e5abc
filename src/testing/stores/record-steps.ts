/** The records of the sessions of users, compared step by step with those of the store in memory. */
import * as Effect from "effect/Effect"
import type { SessionStore, StoredUserSession } from "../../adapters/ports/session-store.ts"
import { memory } from "../../adapters/store/memory.ts"
import type { SessionChange, SessionRecord, SessionVisit } from "../../core/effect.ts"
import type { SessionKey } from "../../core/session-key.ts"
import { LawBroken, must } from "../laws/law-broken.ts"
import { newKey, numbers } from "./store-steps.ts"

const minute = 60_000
const day = 86_400_000
const backends = ["model", "other"] as const

/** One call of a series. Keys and users are numbers until the series runs: each run has new ones. */
interface Call {
  readonly _tag: "Insert" | "Update" | "Move" | "Delete" | "visit" | "list"
  readonly key: number
  readonly to: number
  readonly was: string | undefined
  readonly isMoveOfUser: boolean
  /** Whether an Insert or an Update has a visit. */
  readonly isSeen: boolean
  /** The user who visits, or whose sessions are listed; 2: no user. */
  readonly user: number
  readonly backend: "model" | "other"
  /** When the visit is, in minutes from the start. Visits within five minutes are not recorded again. */
  readonly minutes: number
  /** Whether only the session with the id of `minutes` is listed. */
  readonly isById: boolean
}

/** What a run names: keys and users that no other run has. */
interface Names {
  readonly keys: ReadonlyArray<SessionKey>
  readonly users: ReadonlyArray<string>
  readonly start: number
}

const tags = ["Insert", "Insert", "Update", "Move", "Delete", "visit", "visit", "list"] as const

const seriesOf = (seed: number): ReadonlyArray<Call> => {
  const number = numbers(seed)
  return Array.from({ length: 4 + number(10) }, (): Call => {
    const key = number(3)
    return {
      _tag: tags[number(tags.length)] ?? "list",
      key,
      to: (key + 1 + number(2)) % 3,
      was: number(2) === 0 ? "text" : undefined,
      isMoveOfUser: number(2) === 0,
      isSeen: number(4) > 0,
      user: number(3),
      backend: backends[number(2)] ?? "model",
      minutes: number(10),
      isById: number(4) === 0
    }
  })
}

const idOf = (minutes: number): string => String(minutes % 2).repeat(43)

const visitOf = ({ backend, minutes, user }: Call, { start, users }: Names): SessionVisit => {
  const id = users[user]
  return {
    user: id === undefined ? undefined : { backend, id },
    id: idOf(minutes),
    at: start + minutes * minute,
    seenBefore: start + (minutes - 5) * minute,
    clientAddress: minutes === 0 ? undefined : `address ${minutes}`,
    userAgent: minutes === 0 ? undefined : `client ${minutes}`
  }
}

const changeOf = (call: Call, key: SessionKey, names: Names): SessionChange | undefined => {
  const expiresAt = names.start + day
  const visit = visitOf(call, names)
  const seen = call.isSeen ? { visit } : {}
  switch (call._tag) {
    case "Insert":
      return { _tag: "Insert", key, text: "text", expiresAt, ...seen }
    case "Update":
      return { _tag: "Update", key, was: call.was, text: "text", expiresAt, ...seen }
    case "Move": {
      const moved = call.isMoveOfUser ? { forwards: true as const } : {}
      const to = names.keys[call.to] ?? key
      return { _tag: "Move", from: key, was: call.was, to, text: "text", expiresAt, ifGone: "Refuse", visit, ...moved }
    }
    case "Delete":
      return { _tag: "Delete", key }
    default:
      return undefined
  }
}

/** Makes one call. @returns what the store then answers about the records of every key, and about the list */
const answerOf = async (store: SessionStore, call: Call, names: Names): Promise<string> => {
  const { userSessions: records } = store
  if (records === undefined) throw new TypeError("storePromises: the store does not record the sessions of users")
  const [key, userId] = [names.keys[call.key] ?? newKey(), names.users[call.user] ?? ""]
  const change = changeOf(call, key, names)
  if (change !== undefined) await Effect.runPromise(store.commit(change, names.start))
  if (call._tag === "visit") await Effect.runPromise(records.visit(key, visitOf(call, names)))
  if (call._tag === "list") {
    const query = { backends: call.minutes < 5 ? [call.backend] : backends, userId }
    const asked = call.isById ? { ...query, id: idOf(call.minutes) } : query
    return toldList(await Effect.runPromise(records.list(asked, names.start)), names)
  }
  const loaded = await Promise.all(names.keys.map((one) => Effect.runPromise(store.load(one, names.start))))
  return loaded.map((answer) => (answer._tag === "SessionFound" ? told(answer.record, names) : "no session")).join(", ")
}

const told = (record: SessionRecord | undefined, { start }: Names): string => {
  if (record === undefined) return "no record"
  const { clientAddress, id, seenAt, startedAt, user, userAgent } = record
  const [from, to] = [(startedAt - start) / minute, (seenAt - start) / minute]
  return `${user.id} of ${user.backend} from minute ${from} to ${to} (${id.slice(0, 2)}…, ${userAgent}, ${clientAddress})`
}

/** Sessions that were seen at the same time may come in any order. */
const toldList = (listed: ReadonlyArray<StoredUserSession>, names: Names): string => {
  const seen = listed.map(({ record }) => (record.seenAt - names.start) / minute)
  const each = listed.map(({ key, record, text }) => `${key} "${text}" ${told(record, names)}`).toSorted()
  return `[${each.join("; ")}], seen in the minutes ${seen.join(", ")}`
}

const said = ({ _tag, backend, isById, isMoveOfUser, isSeen, key, minutes, to, user }: Call): string => {
  const by = `${user === 2 ? "no user" : `user${user + 1} of ${backend}`}, minute ${minutes}`
  const whose = isById ? " by id" : ""
  const target = _tag === "Move" ? ` to key${to + 1}${isMoveOfUser ? ", forwards" : ""}` : ""
  if (_tag === "list") return `list ${by}${whose}`
  const isUnseen = _tag === "Delete" || (_tag !== "Move" && _tag !== "visit" && !isSeen)
  return `${_tag} key${key + 1}${target}${isUnseen ? "" : ` (${by})`}`
}

/** Runs a series. @returns the story up to the first answer that is not the one of the store in memory */
const run = async (
  store: SessionStore,
  series: ReadonlyArray<Call>,
  start: number
): Promise<ReadonlyArray<string> | undefined> => {
  const names = { keys: [newKey(), newKey(), newKey()], users: [newKey(), newKey()], start }
  const model = memory({ userSessions: true }).sessions
  const named = (text: string) =>
    [
      ...names.keys.map((key, at) => [key, `key${at + 1}`]),
      ...names.users.map((id, at) => [id, `user${at + 1}`])
    ].reduce((all, [secret = "", name = ""]) => all.replaceAll(secret, name), text)
  const story: Array<string> = []
  for (const call of series) {
    const [wanted, found] = [await answerOf(model, call, names), await answerOf(store, call, names)]
    story.push(`${said(call)} → ${named(found)}`)
    if (found !== wanted) return [...story, `  and has to be ${named(wanted)}`]
  }
  return undefined
}

/**
 * Compares the records of a store with those of the store in memory, over many series of calls.
 *
 * @throws {LawBroken} with the shortest series that was found, and the seed that makes it again
 */
export const recordsAsMemory = async (
  store: SessionStore,
  { seed, series, start }: { readonly seed: number; readonly series: number; readonly start: number }
): Promise<void> => {
  for (let each = 0; each < series; each++) {
    const calls = seriesOf(seed + each)
    const story = await run(store, calls, start)
    if (story === undefined) continue
    const shortest = await shortened(store, calls, story, start)
    throw new LawBroken(
      `other records than those of the store in memory (seed ${seed + each}):\n  ${shortest.join("\n  ")}`
    )
  }
}

/** Leaves out calls as long as the series still fails. */
const shortened = async (
  store: SessionStore,
  calls: ReadonlyArray<Call>,
  story: ReadonlyArray<string>,
  start: number
): Promise<ReadonlyArray<string>> => {
  for (let at = calls.length - 1; at >= 0; at--) {
    const fewer = calls.toSpliced(at, 1)
    const again = await run(store, fewer, start)
    if (again !== undefined) return shortened(store, fewer, again, start)
  }
  return story
}

/** Deletes sessions while they are visited and get a new key: none may be in a list afterwards. @throws {LawBroken} */
export const endedStayUnlisted = async (store: SessionStore, now: number): Promise<void> => {
  const { userSessions: records } = store
  const commit = (change: SessionChange) => Effect.runPromise(store.commit(change, now))
  for (let round = 0; round < 10; round++) {
    const [from, to, userId] = [newKey(), newKey(), newKey()]
    const user = { backend: "model", id: userId }
    const visit = { user, id: idOf(0), at: now, seenBefore: now, clientAddress: undefined, userAgent: undefined }
    const written = { text: "text", expiresAt: now + day, visit }
    await commit({ _tag: "Insert", key: from, ...written })
    await Promise.all([
      records === undefined ? undefined : Effect.runPromise(records.visit(from, { ...visit, at: now + 1 })),
      commit({ _tag: "Move", from, was: "text", to, ifGone: "Refuse", forwards: true, ...written }),
      end(commit, from)
    ])
    await end(commit, from)
    const query = { backends: ["model"], userId }
    const listed = records === undefined ? [] : await Effect.runPromise(records.list(query, now))
    must(listed.length === 0, () => `${listed.length} sessions of a user are listed after their Delete was answered`)
  }
}

const end = async (
  commit: (change: SessionChange) => Promise<{ readonly _tag: string; readonly to?: SessionKey }>,
  key: SessionKey
): Promise<void> => {
  const answer = await commit({ _tag: "Delete", key })
  if (answer.to !== undefined) await end(commit, answer.to)
}
