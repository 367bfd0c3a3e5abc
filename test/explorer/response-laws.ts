/** What holds for the responses. */
import type { Law } from "./explore.ts"
import { sessions } from "./operations.ts"
import { dataOf, keyOf } from "./request.ts"
import { isLogout, who } from "./world.ts"

const caching: Law = {
  sentence: "a response that read the session, or sets or deletes its cookie, has Vary: Cookie",
  finds: ["core: a response has no Vary: Cookie"],
  atRest: ({ responses }) => {
    for (const [{ name }, { issued, outcome, removed, varies }] of responses) {
      if (outcome !== "Responded") continue
      if (!varies && (issued !== undefined || removed || name.startsWith("visit"))) return `${name} does not vary`
    }
    return undefined
  }
}

const visits: Law = {
  sentence: "a visit shows the session's user, as if the requests had come one after the other, and changes no data",
  finds: ["store: a load answers with the row of another session"],
  atRest: ({ operations, responses, world }) => {
    const alone = operations.every(
      (operation) => operation._tag === "Request" && /^(visit|write|delete)/.test(operation.name)
    )
    if (!alone) return undefined
    for (const [{ from, name }, { told }] of responses)
      if (
        name.startsWith("visit") &&
        told !== (from === "expired" ? undefined : "alice") &&
        (operations.length === 1 || !world.past.ended.has(sessions[from]))
      )
        return `${name} says ${told}`
    return undefined
  }
}

const nothingForNothing: Law = {
  sentence: "a request that changes nothing writes nothing",
  finds: ["core: every response sets the session cookie"],
  atRest: ({ operations, responses, world }) => {
    // With lifetimes, a request that reads the session records its use.
    if (world.past.times !== undefined) return undefined
    const isQuiet = operations.every(({ name }) => /^(visit|write|set old|remove what|update)/.test(name))
    const isWritten = responses.some(
      ([{ from, isIdle }, { issued }]) => isIdle && issued !== undefined && !world.past.ended.has(sessions[from])
    )
    return isQuiet && isWritten ? "a request that changes nothing set the session cookie" : undefined
  }
}

const visitsSucceed: Law = {
  sentence: "a visit is never refused, and a login after a change of the password keeps nothing of the session before",
  finds: ["core: an interruption of a request that writes nothing"],
  atRest: ({ responses }) => {
    for (const [{ from, name }, { issued, outcome, status }] of responses) {
      if (name.startsWith("visit") && !name.includes("write") && outcome === "Interrupted") return "a visit was refused"
      const isNewLogin = name === "log in with the new password" && outcome === "Responded" && status === 200
      if (isNewLogin && issued === sessions[from]) return "a login with a new password kept the session"
    }
    return undefined
  }
}

const cookieEnds: Law = {
  sentence: "a session cookie ends within the last second of its row, or with the browser if the session says so",
  finds: ["core: a cookie lasts as long as the settings say"],
  atRest: ({ operations, responses }) => {
    // The age of a cookie is counted from the response, and that of the row from the write.
    if (operations.some(({ _tag }) => _tag === "Time")) return undefined
    for (const [{ name }, { cookieEndsAt, issued, stored }] of responses) {
      if (issued === undefined || stored === undefined) continue
      const endsWithBrowser = dataOf(stored.text).get("_session_expiry") === "0"
      if (endsWithBrowser && cookieEndsAt === undefined) continue
      const { expiresAt } = stored
      const isWrong = cookieEndsAt === undefined || cookieEndsAt > expiresAt || cookieEndsAt <= expiresAt - 1000
      if (endsWithBrowser || isWrong)
        return `the cookie of "${name}" ends at ${cookieEndsAt}, and the row at ${endsWithBrowser ? "the browser's end" : expiresAt}`
    }
    return undefined
  }
}

const startsAfresh: Law = {
  sentence: "a session that begins because there was none, or because it had expired, has no data and no key of it",
  finds: ["store: an Insert copies another row"],
  atRest: ({ responses, world }) => {
    for (const [{ from, name, proof }, { foundNone, issued }] of responses) {
      if (!foundNone || issued === undefined) continue
      const opened = issued === sessions[from] && world.past.ended.has(issued)
      if (opened || (from === "expired" && issued === sessions.expired)) return `"${name}" got a key that was in use`
      const { text = "[]" } = world.table.rows.get(keyOf(issued)) ?? {}
      const ownOld = name.startsWith("set old") || from === "anonymous"
      if (!ownOld && dataOf(text).has("old")) return `"${name}" got data of a session that was over`
      if (proof === undefined && who(world, issued) !== undefined)
        return `"${name}" got the user of a session that was over`
    }
    return undefined
  }
}

const announced: Law = {
  sentence: "every login and every failed login is announced",
  finds: ["core: a login is not announced"],
  atRest: ({ responses }) => {
    for (const [{ name }, { announced, status }] of responses) {
      if (!name.startsWith("log in") || status >= 500) continue
      const wanted = status === 401 ? "user_login_failed" : "user_logged_in"
      if (!announced.includes(wanted)) return `${name} is answered with ${status}, and announced as ${announced.join()}`
    }
    return undefined
  }
}

const rightPasswords: Law = {
  sentence: "a right password logs in unless a backend denies it, and after a denial no other backend is asked",
  finds: ["core: the second backend is never asked"],
  atRest: ({ operations, responses }) => {
    const isChanged = operations.some(({ name }) => name === "change the password of another user")
    for (const [{ name }, { status }] of responses) {
      if (name.includes("that declines") && status === 401 && !isChanged) return "the second backend was not asked"
      if (name.includes("that denies") && status === 200) return "a backend was asked after a denial"
    }
    return undefined
  }
}

const ownLogout: Law = {
  sentence: "after its logout a request has no user, and its response deletes the cookie",
  finds: ["core: a logout leaves the user in the request"],
  atRest: ({ responses }) => {
    for (const [request, { issued, outcome, removed, status, told }] of responses) {
      if (!isLogout(request) || outcome !== "Responded" || status >= 500) continue
      if (told !== undefined) return `after the logout the request still acts as ${told}`
      if (issued === undefined && !removed) return `"${request.name}" left the cookie`
    }
    return undefined
  }
}

const renewals: Law = {
  sentence: "a renewal that was answered has happened to its own session, under a new key",
  finds: ["core: a renewal is answered without being stored"],
  atRest: ({ responses, world }) => {
    for (const [{ from, name }, { foundNone, issued, outcome, removed, status }] of responses) {
      const isRenewal = name.startsWith("cycle") || name === "clear, then cycle"
      if (!isRenewal || name.includes("logout") || outcome !== "Responded" || status >= 500 || removed) continue
      if (issued === undefined) return `"${name}" was answered, and nothing was stored`
      if (issued === sessions[from]) return `"${name}" kept the key`
      if (!foundNone && name.startsWith("cycle") && from === "here" && world.past.family.get(issued) !== "here")
        return `"${name}" made a second session`
    }
    return undefined
  }
}

const touches: Law = {
  sentence: "a request that stores no values, but says that it has changed the session, renews its expiry",
  finds: ["core: a change without values is not stored"],
  atRest: ({ responses }) =>
    responses.some(
      ([{ name }, { foundNone, issued, outcome }]) =>
        name === "store no values" && outcome === "Responded" && !foundNone && issued === undefined
    )
      ? "the session was not stored again"
      : undefined
}

const privateData: Law = {
  sentence: "what a user writes after a login is in no session of another user",
  finds: ["core: a login takes over what another user has written"],
  always: (world) => {
    for (const [key, { text }] of world.table.rows)
      if (dataOf(text).has("private") && who(world, key) === "bob") return "bob's session has what alice has written"
    return undefined
  }
}

export const responseLaws: ReadonlyArray<Law> = [
  caching,
  visits,
  nothingForNothing,
  visitsSucceed,
  cookieEnds,
  startsAfresh,
  announced,
  rightPasswords,
  ownLogout,
  renewals,
  touches,
  privateData
]
