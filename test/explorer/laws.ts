/** What holds in every order. */
import * as Core from "../../src/core/index.ts"
import type { End, Law } from "./explore.ts"
import { lifetimeLaws } from "./lifetime-laws.ts"
import { type Operation, type Request, sessions } from "./operations.ts"
import { dataOf, keyOf, model, type Response } from "./request.ts"
import { responseLaws } from "./response-laws.ts"
import { current, ids, isLogout, who } from "./world.ts"

/** Whether so much time passes that a store forgets the new key of a session, or that a session expires. */
const passes = (operations: ReadonlyArray<Operation>): boolean =>
  operations.reduce((sum, one) => sum + (one._tag === "Time" ? Math.abs(one.milliseconds) : 0), 0) >=
  Core.forwardingSeconds * 1000

const proof: Law = {
  sentence: "no session acts as a user whose present password was not checked or set for it",
  finds: ["core: a login writes user 1 for every user", "core: a login takes over the data of another user"],
  always: (world) => {
    for (const key of world.table.rows.keys()) {
      const user = who(world, key)
      if (user === undefined) continue
      const password = world.passwords[ids[user] ?? ""]
      if (!world.past.proofs.get(key)?.has(`${user} ${password}`)) return `${key} acts as ${user} without proof`
    }
    return undefined
  }
}

const oneIdentity: Law = {
  sentence: "the three identity keys of a row are those of one login",
  finds: ["core: a login writes the id of another user"],
  always: ({ table }) => {
    for (const [key, { text }] of table.rows) {
      if (key === sessions.unhashed || key === sessions.foreign) continue
      const data = dataOf(text)
      const found = [...data].flatMap(([name, json]) => (name.startsWith("_auth") ? [json] : []))
      if (found.length > 0 && !identities.has(JSON.stringify(found)))
        return `a row with the keys of two logins: ${found.join(" ")}`
    }
    return undefined
  }
}

const identities = new Set(
  ["alice A", "alice N", "bob B"].flatMap((one) => {
    const [user = "", password = ""] = one.split(" ")
    return current
      .authHashes(password)
      .flatMap((hash: string) =>
        [ids[user], Number(ids[user])].map((id) =>
          JSON.stringify([id, model, hash].map((value) => JSON.stringify(value)))
        )
      )
  })
)

const noReturn: Law = {
  sentence: "a key whose row was removed never gets a row again",
  finds: ["store: an Update inserts a row that is gone"],
  always: ({ past }) => (past.risen.size > 0 ? `${[...past.risen].join()} came back` : undefined)
}

const logoutIsFinal: Law = {
  sentence: "from the answer of a logout on, neither its session nor a renewed form of it acts as a user",
  finds: [
    "store: a Delete removes nothing",
    "store: a Delete does not answer with the new key of a session",
    "store: a Move does not remember the new key of a session",
    "store: a Move of a row that is gone inserts a new row",
    "core: a renewal inserts a row that is gone",
    "core: a renewal does not remember the new key of a session",
    "core: a logout deletes the cookie but not the row",
    "core: a logout does not follow a renewal"
  ],
  always: (world, operations) => {
    if (world.past.over.size === 0 || passes(operations)) return undefined
    for (const key of world.table.rows.keys()) {
      const family = world.past.family.get(key)
      if (family !== undefined && world.past.over.has(family) && who(world, key) !== undefined)
        return `${key} acts after the logout of ${family}`
    }
    return undefined
  },
  atRest: ({ responses, world }) =>
    responses.some(([request, response]) => {
      const row = world.table.rows.has(sessions[request.from])
      return isLogout(request) && response.outcome === "Responded" && row
    })
      ? "a logout was answered, and its row is still stored"
      : undefined
}

const noFixation: Law = {
  sentence: "a key from before a login never acts as the user who logged in",
  finds: ["core: a login keeps the key of an anonymous session"],
  always: (world) => {
    for (const [name, was] of [
      ["here", "alice"],
      ["elsewhere", "alice"],
      ["anonymous", undefined],
      ["expired", undefined]
    ] as const) {
      const user = who(world, sessions[name])
      if (user !== undefined && user !== was) return `the key ${name} acts as ${user}`
    }
    return undefined
  }
}

const newKeyEndsOld: Law = {
  sentence: "after a response with a new key, the old key has no row",
  finds: ["store: a Move keeps the old row"],
  atRest: ({ operations, responses, world: { now, table } }) => {
    // A request that loaded the session before its expiry may store it again.
    if (passes(operations)) return undefined
    for (const [{ from }, { issued }] of responses) {
      const { expiresAt = 0 } = table.rows.get(sessions[from]) ?? {}
      if (issued !== undefined && issued !== sessions[from] && expiresAt > now)
        return `${from} is there beside ${issued}`
    }
    return undefined
  }
}

const cookieIsStored: Law = {
  sentence: "a session cookie names a row that was stored, and a deleted one names a session that is over",
  finds: ["core: a logout deletes the cookie but not the row"],
  atRest: ({ operations, responses, world: { now, past, table } }) => {
    for (const [{ from }, { issued, removed }] of responses) {
      if (issued !== undefined && !past.family.has(issued)) return `${issued} was never stored`
      const { expiresAt = 0 } = table.rows.get(sessions[from]) ?? {}
      // A request that loaded the session before its expiry may store it again.
      if (removed && expiresAt > now && !passes(operations))
        return "a cookie was deleted, and its session is still stored"
    }
    return undefined
  }
}

const passwordChangeRenews: Law = {
  sentence: "a change of the password gives its session a new key",
  finds: ["core: a change of the password keeps the key"],
  atRest: ({ responses }) => {
    for (const [{ from, name }, { issued, outcome, status }] of responses)
      if (
        name.startsWith("change the password") &&
        outcome === "Responded" &&
        status === 200 &&
        issued === sessions[from]
      )
        return `${name} kept the key`
    return undefined
  }
}

const refusals: Law = {
  sentence: "a request is refused only when another one may have ended its session",
  finds: ["store: an Update answers Gone when the row has changed"],
  atRest: ({ operations, responses, world }) => {
    for (const [request, { outcome }] of responses) {
      if (outcome === "KeysExhausted") return "no key was free"
      if (outcome !== "Interrupted" || passes(operations)) continue
      const isCleared = responses.some(([{ name }]) => name.includes("clear"))
      if (!world.past.ended.has(sessions[request.from]) && !isCleared) return `${request.name} was refused`
    }
    return undefined
  }
}

/** The data without the keys of authentication and of lifetimes. */
const ownData = (text: string): string =>
  JSON.stringify([...dataOf(text)].filter(([name]) => !isOfLogin(name)).toSorted())

const isOfLogin = (name: string): boolean => name.startsWith("_auth") || name.startsWith("_latchkey")

const noLostWrite: Law = {
  sentence: "what requests of one session set, deleted and cleared is stored as if they had come one after the other",
  finds: [
    "store: an Update does not compare the row's text",
    "store: a Move does not compare the row's text",
    "store: an Update answers Committed without writing",
    "core: a write does not compare the row's text"
  ],
  atRest: (end) => {
    for (const from of ["here", "anonymous"] as const) {
      const wrong = lost(end, from)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
}

const lost = ({ operations, responses, start, world }: End, from: keyof typeof sessions): string | undefined => {
  if (passes(operations)) return undefined
  const own = responses.filter(([request]) => request.from === from)
  // An anonymous session that gets a new key is inserted although its row is gone, with the data that it had.
  if (from === "anonymous" && own.filter(([{ ends }]) => ends).length > 1) return undefined
  const rows = [...world.table.rows].filter(([key]) => world.past.family.get(key) === from)
  if (rows.length === 0) {
    const isEnded = responses.some(([one, { issued }]) => one.ends || (one.opens && issued !== sessions[one.from]))
    return isEnded ? undefined : `the session ${from} is lost`
  }
  // A request that found no session, because it had got another key, wrote into a session of its own.
  const isOf = ({ issued, outcome }: Response) =>
    outcome === "Unavailable" || (outcome === "Responded" && world.past.family.get(issued ?? "") === from)
  // A request that looks for the user of a session whose password has changed loses the session, and opens another one.
  const isDiscarded = responses.some(([{ name }]) => name.startsWith("change the password"))
  if (isDiscarded && own.some(([{ name }]) => name.startsWith("look, then write"))) return undefined
  const isUnstored = ({ name }: Request, { issued, outcome, status }: Response) =>
    /write a|update/.test(name) && outcome === "Responded" && status === 200 && issued === undefined
  if (own.some(([request, response]) => isUnstored(request, response)))
    return "a write was answered and is stored nowhere"
  const certain = own.flatMap(([{ writes }, response]) =>
    writes !== undefined && response.outcome === "Responded" && isOf(response) ? [writes] : []
  )
  const possible = own.flatMap(([{ writes }, { outcome }]) =>
    writes !== undefined && outcome === "Unavailable" ? [writes] : []
  )
  const { text = "" } = start.table.rows.get(sessions[from]) ?? {}
  const wanted = new Set(
    subsets(possible).flatMap((some) =>
      orders([...certain, ...some]).map((order) => {
        const data = new Map<string, string>(dataOf(text))
        for (const write of order) write(data)
        return JSON.stringify([...data].filter(([name]) => !isOfLogin(name)).toSorted())
      })
    )
  )
  return rows.some(([, row]) => wanted.has(ownData(row.text)))
    ? undefined
    : `${from} holds ${rows.map(([, row]) => ownData(row.text)).join(" and ")}`
}

const orders = <A>(items: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  items.length < 2
    ? [items]
    : items.flatMap((first, at) => orders(items.toSpliced(at, 1)).map((rest) => [first, ...rest]))

const subsets = <A>(items: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  const [first, ...rest] = items
  return first === undefined ? [[]] : subsets(rest).flatMap((some) => [some, [first, ...some]])
}

const carriedOver: Law = {
  sentence: "a login keeps the data of an anonymous session, and no data of another user's session",
  finds: [
    "core: a login loses what an anonymous visitor stored",
    "store: a load answers with the row of another session"
  ],
  always: (world, operations) => {
    // A cleared session is anonymous: what is written into it then may be carried over.
    const isCleared = operations.some(({ name }) => name.includes("clear"))
    const isOldWritten = operations.some(({ name }) => name.startsWith("set old"))
    for (const [key, { text }] of world.table.rows) {
      const data = ownData(text)
      const isOther = isCleared ? data.includes("old") && !isOldWritten : data !== "[]"
      if (who(world, key) === "bob" && isOther) return `bob's session has ${data}`
    }
    return undefined
  },
  atRest: ({ operations, responses, world }) => {
    if (operations.some(({ name, _tag }) => _tag !== "Request" || /cycle|logout/.test(name))) return undefined
    for (const [{ from, name }, { issued, outcome, status }] of responses) {
      if (from !== "anonymous" || !name.startsWith("log in") || outcome !== "Responded" || status !== 200) continue
      const { text = "[]" } = world.table.rows.get(keyOf(issued ?? "")) ?? {}
      const changes = responses.filter(([one]) => one.from === "anonymous" && one.name.startsWith("log in"))
      if (changes.length === 1 && !dataOf(text).has("old")) return "a login lost the anonymous session's data"
    }
    return undefined
  }
}

const failuresStoreNothing: Law = {
  sentence: "a response of 500 or above stores neither data nor a login",
  finds: ["core: a response of 500 is stored"],
  always: (world) => {
    for (const [key, { text }] of world.table.rows) {
      if (dataOf(text).has("c")) return `${key} holds what a failed request wrote`
    }
    return undefined
  },
  atRest: ({ responses }) =>
    responses.some(([, { issued, status }]) => status >= 500 && issued !== undefined)
      ? "a failed response has a session cookie"
      : undefined
}

const opensStay: Law = {
  sentence: "a session that got a new key ends only by a logout of its user, or when time passes",
  finds: ["core: a login ends the session that it replaces, and its renewals"],
  atRest: ({ operations, responses, world }) => {
    const isOver = passes(operations) || operations.some(({ name }) => /logout|clear/.test(name))
    const logouts = responses.filter(([{ name }]) => name.includes("logout"))
    for (const [request, { issued, outcome, status }] of responses) {
      if (outcome !== "Responded" || status !== 200 || issued === undefined || issued === sessions[request.from])
        continue
      // A logout with the key from before a login must not end the session of the user who logged in.
      const isOwnLogin = request.opens === true && request.proof !== undefined
      // After a clear, two logins of one user may renew each other's session, which a logout then ends.
      const isRelogin = request.proof?.username === "alice" && operations.some(({ name }) => name.includes("clear"))
      if (isOwnLogin ? isRelogin || request.name.includes("logout") : isOver || logouts.length > 0) continue
      if (!world.table.rows.has(keyOf(issued)) && !passes(operations))
        return `the session that "${request.name}" got is over`
    }
    return undefined
  }
}

const deadSessions: Law = {
  sentence: "a session of which a visit has found that its user is no longer logged in, is over",
  finds: ["store: a Delete removes nothing"],
  atRest: ({ responses, world }) => {
    // A visit of a session that was cleared finds no user. A login that began before may write its user after that.
    if (responses.some(([{ name }]) => name.includes("clear"))) return undefined
    for (const [{ from, name }, { outcome, told }] of responses) {
      const row = world.table.rows.get(sessions[from])
      if (!name.startsWith("visit") || outcome !== "Responded" || told !== undefined || row === undefined) continue
      const { expiresAt, text } = row
      const isNamed = dataOf(text).has("_auth_user_id") && who(world, sessions[from]) === undefined
      if (isNamed && expiresAt > world.now) return `${from} still names a user after "${name}"`
    }
    return undefined
  }
}

const newSecret: Law = {
  sentence: "a session that was visited after the secret key changed is stored under the new one",
  finds: ["store: a Move answers Committed without writing"],
  atRest: ({ operations, responses, world }) => {
    if (!operations.every(({ name }) => name.startsWith("visit")) || responses.length === 0) return undefined
    const texts = [...world.table.rows]
      .filter(([key]) => world.past.family.get(key) === "here")
      .map(([, { text }]) => text)
    const isHere = responses.some(([{ from }]) => from === "here")
    return isHere && texts.some((text) => (dataOf(text).get("_auth_user_hash") ?? "").startsWith('"old'))
      ? "the hash of the session is that of the older secret key"
      : undefined
  }
}

export const laws: ReadonlyArray<Law> = [
  opensStay,
  deadSessions,
  newSecret,
  proof,
  oneIdentity,
  noReturn,
  logoutIsFinal,
  noFixation,
  newKeyEndsOld,
  cookieIsStored,
  passwordChangeRenews,
  refusals,
  noLostWrite,
  carriedOver,
  failuresStoreNothing,
  ...responseLaws,
  ...lifetimeLaws
]
