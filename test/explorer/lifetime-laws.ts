/** What holds for sessions that end when they are idle, and some time after the login. */
import type { Law } from "./explore.ts"
import { startsAt } from "./operations.ts"
import { dataOf } from "./request.ts"
import { current, limits, who } from "./world.ts"

const [idle, absolute, renewal] = [
  limits.idleSeconds * 1000,
  limits.absoluteSeconds * 1000,
  limits.renewalSeconds * 1000
]

const idleEnds: Law = {
  sentence: "a session acts as its user only for less than the idle lifetime after its last write",
  finds: ["lifetime: the idle lifetime is longer than it says"],
  always: (world) => {
    for (const [key, at] of world.past.times?.writes ?? [])
      if (world.now >= at + idle && who(world, key) !== undefined) return `${key} acts as a user although it is idle`
    return undefined
  }
}

const absoluteEnds: Law = {
  sentence:
    "a session acts as its user only for less than the absolute lifetime after its login, also if requests write it",
  finds: ["lifetime: the absolute lifetime is longer than it says", "core: each write counts as a login"],
  always: (world) => {
    for (const [key, at] of world.past.times?.logins ?? [])
      if (world.now >= at + absolute && who(world, key) !== undefined)
        return `${key} acts as a user although the login is too long ago`
    return undefined
  }
}

const notBefore: Law = {
  sentence: "a session does not end before the earlier of both ends",
  finds: [
    "lifetime: the idle lifetime is shorter than it says",
    "lifetime: the absolute lifetime is shorter than it says"
  ],
  always: (world) => {
    if (world.past.times === undefined) return undefined
    for (const [key, { text }] of world.table.rows) {
      const data = dataOf(text)
      const [seen, login] = [data.get("_latchkey_seen"), data.get("_latchkey_login")]
      if (seen === undefined || login === undefined) continue
      const endsAt = Math.min(Number(seen) + idle, Number(Object(JSON.parse(login)).at) + absolute)
      if (world.now < endsAt && who(world, key) !== who({ ...world, settings: current }, key))
        return `${key} ends before ${endsAt}`
    }
    return undefined
  }
}

const rowEnds: Law = {
  sentence: "a row that was written ends with the session, and the cookie not after the row",
  finds: ["core: the row of a session outlives its lifetime", "core: the cookie of a late response outlives its row"],
  always: ({ past: { times }, table }) => {
    for (const [key, { expiresAt, text }] of table.rows) {
      if (times === undefined || !dataOf(text).has("_latchkey_seen")) continue
      const [login = 0, written = 0] = [times.logins.get(key), times.writes.get(key)]
      if (written >= startsAt && expiresAt > Math.min(written + idle, login + absolute))
        return `the row of ${key} ends at ${expiresAt}`
    }
    return undefined
  },
  atRest: ({ responses, world }) => {
    const { times } = world.past
    if (times === undefined) return undefined
    for (const [{ name }, { cookieEndsAt = 0, issued, stored }] of responses) {
      const hasLifetime = stored !== undefined && dataOf(stored.text).has("_latchkey_seen")
      // If the row has expired before the response, the cookie ends immediately.
      if (issued !== undefined && hasLifetime && cookieEndsAt > Math.max(stored.expiresAt, times.latest))
        return `the cookie of "${name}" ends after its row`
    }
    return undefined
  }
}

const isRecorded: Law = {
  sentence: "a visit records that the session was used, if the last record is older than the interval",
  finds: ["lifetime: a visit is never recorded"],
  atRest: ({ operations, responses, world }) => {
    if (world.past.times === undefined || operations.some(({ _tag }) => _tag !== "Request")) return undefined
    for (const [{ name }, { outcome, told }] of responses) {
      if (name !== "visit" || outcome !== "Responded" || told === undefined) continue
      for (const [key, { text }] of world.table.rows) {
        if (world.past.family.get(key) !== "here" || who(world, key) === undefined) continue
        const seen = Number(dataOf(text).get("_latchkey_seen"))
        if (seen < world.now - renewal) return "a visit was answered, and is not recorded"
      }
    }
    return undefined
  }
}

const oncePerInterval: Law = {
  sentence: "visits write a session at most once per interval",
  finds: ["lifetime: each visit is recorded"],
  always: ({ past: { times } }, operations) => {
    const passed = operations.reduce((sum, one) => sum + (one._tag === "Time" ? Math.abs(one.milliseconds) : 0), 0)
    for (const [key, count] of times?.renewals ?? [])
      if (count > 1 + passed / renewal) return `visits have written ${key} ${count} times`
    return undefined
  }
}

export const lifetimeLaws: ReadonlyArray<Law> = [
  idleEnds,
  absoluteEnds,
  notBefore,
  rowEnds,
  isRecorded,
  oncePerInterval
]
