/** Faults that are planted into the store and into the core, to show that the exploration finds them. */
import * as Core from "../../src/core/index.ts"
import type { Parts } from "./explore.ts"
import { sessions } from "./operations.ts"
import { type CoreFunctions, dataOf, type Ending } from "./request.ts"
import { commit, type Store, sound } from "./table.ts"
import { limits } from "./world.ts"

const committing = (name: string, faulty: Store["commit"]): Store => ({ ...sound, name, commit: faulty })

const stores: ReadonlyArray<Store> = [
  committing("an Update inserts a row that is gone", (table, change, now) => {
    const changed = commit(table, change, now)
    return change._tag === "Update" && changed.answer._tag === "Gone"
      ? commit(table, { ...change, _tag: "Insert" }, now)
      : changed
  }),
  committing("an Update does not compare the row's text", (table, change, now) =>
    commit(table, change._tag === "Update" ? { ...change, was: undefined } : change, now)
  ),
  committing("a Move does not compare the row's text", (table, change, now) =>
    commit(table, change._tag === "Move" ? { ...change, was: undefined } : change, now)
  ),
  committing("a Move keeps the old row", (table, change, now) => {
    const { answer, table: after } = commit(table, change, now)
    const old = change._tag === "Move" ? table.rows.get(change.from) : undefined
    return change._tag === "Move" && old !== undefined
      ? { answer, table: { ...after, rows: new Map(after.rows).set(change.from, old) } }
      : { answer, table: after }
  }),
  committing("a Move of a row that is gone inserts a new row", (table, change, now) =>
    commit(table, change._tag === "Move" ? { ...change, ifGone: "Insert" } : change, now)
  ),
  committing("a Move does not remember the new key of a session", (table, change, now) => {
    if (change._tag !== "Move") return commit(table, change, now)
    const { forwards: _, ...move } = change
    return commit(table, move, now)
  }),
  committing("a Delete removes nothing", (table, change, now) =>
    change._tag === "Delete" ? { table, answer: { _tag: "Deleted" } } : commit(table, change, now)
  ),
  committing("a Delete does not answer with the new key of a session", (table, change, now) =>
    change._tag === "Delete"
      ? { ...commit(table, change, now), answer: { _tag: "Deleted" } }
      : commit(table, change, now)
  ),
  committing("an Update answers Committed without writing", (table, change, now) => {
    const changed = commit(table, change, now)
    return change._tag === "Update" && changed.answer._tag === "Committed" ? { ...changed, table } : changed
  }),
  committing("a Move answers Committed without writing", (table, change, now) => {
    const changed = commit(table, change, now)
    return change._tag === "Move" && changed.answer._tag === "Committed" ? { ...changed, table } : changed
  }),
  committing("an Update answers Gone when the row has changed", (table, change, now) => {
    const changed = commit(table, change, now)
    return change._tag === "Update" && changed.answer._tag === "Changed"
      ? { ...changed, answer: { _tag: "Gone" } }
      : changed
  }),
  committing("an Insert copies another row", (table, change, now) => {
    const text = table.rows.get(sessions.elsewhere)?.text
    return commit(table, change._tag === "Insert" && text !== undefined ? { ...change, text } : change, now)
  }),
  {
    ...sound,
    name: "a load answers with the row of another session",
    load: (table, _, now) => sound.load(table, sessions.anonymous, now)
  }
]

interface FaultyCore {
  readonly name: string
  readonly core: CoreFunctions
}

/** A core whose end of a request is changed. */
const responding = (
  name: string,
  changed: (step: Ending) => Ending,
  statusOf = (status: number) => status
): FaultyCore => ({
  name,
  core: {
    ...Core,
    Respond: {
      respond: (settings, request, session, status, moment) =>
        changed(Core.Respond.respond(settings, request, session, statusOf(status), moment)),
      resume: (...input) => changed(Core.Respond.resume(...input))
    }
  }
})

/** A core that asks for another change than it should. */
const committed = (name: string, changed: (change: Core.SessionChange) => Core.SessionChange): FaultyCore =>
  responding(name, (step) =>
    step._tag === "Paused" && step.query._tag === "CommitSession"
      ? { ...step, query: { ...step.query, change: changed(step.query.change) } }
      : step
  )

/** A core whose login is changed. */
const loggingIn = (
  name: string,
  changed: (after: Core.Session.LoadedSession, before: Core.Session.LoadedSession) => Core.Session.LoadedSession
): FaultyCore => ({
  name,
  core: {
    ...Core,
    login: (settings, request, session, who, moment) => {
      const after = Core.login(settings, request, session, who, moment)
      return { ...after, session: changed(after.session, session) }
    }
  }
})

const isAnonymous = ({ data }: Core.Session.LoadedSession): boolean => !data.has("_auth_user_id")

const cores: ReadonlyArray<FaultyCore> = [
  committed("a write does not compare the row's text", (change) =>
    "was" in change ? { ...change, was: undefined } : change
  ),
  committed("a renewal inserts a row that is gone", (change) =>
    change._tag === "Move" ? { ...change, ifGone: "Insert" } : change
  ),
  committed("a renewal does not remember the new key of a session", (change) => {
    if (change._tag !== "Move") return change
    const { forwards: _, ...move } = change
    return move
  }),
  responding(
    "a response of 500 is stored",
    (step) => step,
    () => 200
  ),
  {
    name: "every response sets the session cookie",
    core: {
      ...Core,
      Respond: {
        ...Core.Respond,
        respond: (settings, ...input) =>
          Core.Respond.respond({ ...settings, session: { ...settings.session, saveEveryRequest: true } }, ...input)
      }
    }
  },
  responding("an interruption of a request that writes nothing", (step) =>
    step._tag === "Done" && step.effects.every(({ _tag }) => _tag === "VaryOn")
      ? { ...step, value: { _tag: "Interrupted" } }
      : step
  ),
  loggingIn("a login ends the session that it replaces, and its renewals", (after) =>
    after.base._tag === "Flushed" ? { ...after, base: { _tag: "Flushed", endsRenewals: true } } : after
  ),
  responding("a response has no Vary: Cookie", (step) => ({
    ...step,
    effects: step.effects.filter(({ _tag }) => _tag !== "VaryOn")
  })),
  loggingIn("a login keeps the key of an anonymous session", (after, before) =>
    isAnonymous(before) ? { ...after, key: before.key } : after
  ),
  loggingIn("a login loses what an anonymous visitor stored", (after, before) =>
    isAnonymous(before) ? Core.Session.remove(after, "old") : after
  ),
  loggingIn("a login takes over the data of another user", (after, before) =>
    Core.Session.update(after, Core.SessionData.values(before.data))
  ),
  loggingIn("a login takes over what another user has written", (after, before) => {
    const own = [...Core.SessionData.values(before.data)].filter(([name]) => !name.startsWith("_auth"))
    return Core.Session.update(after, new Map(own))
  }),
  loggingIn("a login writes the id of another user", (after) =>
    Core.Session.set(after, "_auth_user_id", Core.Json.write("1"))
  ),
  {
    name: "a login writes user 1 for every user",
    core: {
      ...Core,
      login: (settings, request, session, who, moment) => {
        const principal = { ...who.principal, id: "1", authHash: settings.authHashes("A")[0] }
        return Core.login(settings, request, session, { ...who, principal }, moment)
      }
    }
  },
  {
    name: "the second backend is never asked",
    core: {
      ...Core,
      Authenticate: {
        resume: (settings, request, session, state, ...more) =>
          Core.Authenticate.resume(settings, request, session, { ...state, untried: [] }, ...more)
      }
    }
  },
  {
    name: "a login is not announced",
    core: { ...Core, login: (...input) => ({ ...Core.login(...input), effects: [] }) }
  },
  {
    name: "a logout leaves the user in the request",
    core: { ...Core, logout: (request, session) => ({ ...Core.logout(request, session), request }) }
  },
  responding("a cookie lasts as long as the settings say", (step) => ({
    ...step,
    effects: step.effects.map((effect) =>
      effect._tag === "SetCookie" ? { ...effect, lifetime: { maxAgeSeconds: 1e6, expiresAt: 2e12 } } : effect
    )
  })),
  {
    name: "a change without values is not stored",
    core: {
      ...Core,
      Respond: {
        ...Core.Respond,
        respond: (settings, request, session, ...more) => {
          const isModified = session.operations.length > 0 || session.base._tag !== "Read"
          return Core.Respond.respond(
            settings,
            request,
            isModified ? session : { ...session, modified: false },
            ...more
          )
        }
      }
    }
  },
  responding("a renewal is answered without being stored", (step) =>
    step._tag === "Paused" && step.query._tag === "CommitSession" && step.query.change._tag === "Move"
      ? { ...step, _tag: "Done", value: { _tag: "Responded" } }
      : step
  ),
  {
    name: "a change of the password keeps the key",
    core: {
      ...Core,
      updateSessionAuthHash: (request, session, who, moment) => {
        const after = Core.updateSessionAuthHash(request, session, who, moment)
        return { ...after, session: { ...after.session, key: session.key } }
      }
    }
  },
  {
    name: "a logout deletes the cookie but not the row",
    core: {
      ...Core,
      logout: (request, session) => {
        const after = Core.logout(request, session)
        return { ...after, session: { ...after.session, storedKey: undefined } }
      }
    }
  },
  committed("each write counts as a login", (change) =>
    "text" in change
      ? { ...change, text: withLoginAtLastUse(change.text), expiresAt: change.expiresAt + 86_400_000 }
      : change
  ),
  committed("the row of a session outlives its lifetime", (change) =>
    "text" in change ? { ...change, expiresAt: change.expiresAt + 1 } : change
  ),
  {
    name: "the cookie of a late response outlives its row",
    core: {
      ...Core,
      Respond: {
        ...Core.Respond,
        resume: (settings, request, session, state, answer, moment) => {
          const step = Core.Respond.resume(settings, request, session, state, answer, moment)
          const expiresAt = Core.Expiry.expiresAt(session.data, { ...settings.session, lifetime: limits }, moment.now)
          return {
            ...step,
            effects: step.effects.map((effect) =>
              effect._tag === "SetCookie" && effect.lifetime !== undefined
                ? { ...effect, lifetime: { ...effect.lifetime, expiresAt } }
                : effect
            )
          }
        }
      }
    }
  },
  {
    name: "a logout does not follow a renewal",
    core: {
      ...Core,
      logout: (request, session) => {
        const after = Core.logout(request, session)
        return { ...after, session: { ...after.session, base: { _tag: "Flushed" } } }
      }
    }
  }
]

/** The data with the time of the last use as the time of the login. */
const withLoginAtLastUse = (text: string): string => {
  const data = dataOf(text)
  const [login, seen] = [data.get("_latchkey_login"), data.get("_latchkey_seen")]
  if (login === undefined || seen === undefined) return text
  const record = JSON.stringify({ ...JSON.parse(login), at: Number(seen) })
  return JSON.stringify([...new Map([...data, ["_latchkey_login", record]])])
}

/** Lifetimes other than those of the laws. */
const lifetimes: ReadonlyArray<{ readonly name: string; readonly lifetime: Core.Lifetime.LifetimeSettings }> = [
  { name: "the idle lifetime is longer than it says", lifetime: { ...limits, idleSeconds: 1800.001 } },
  { name: "the idle lifetime is shorter than it says", lifetime: { ...limits, idleSeconds: 1799.999 } },
  { name: "the absolute lifetime is longer than it says", lifetime: { ...limits, absoluteSeconds: 7200.001 } },
  { name: "the absolute lifetime is shorter than it says", lifetime: { ...limits, absoluteSeconds: 7199.999 } },
  { name: "a visit is never recorded", lifetime: { ...limits, renewalSeconds: 1e9 } },
  { name: "each visit is recorded", lifetime: { ...limits, renewalSeconds: 0 } }
]

/** A fault of the store, of the core, or of the settings. */
export interface Fault {
  readonly name: string
  readonly parts: Parts
}

export const faults: ReadonlyArray<Fault> = [
  ...stores.map((store) => ({ name: `store: ${store.name}`, parts: { store } })),
  ...cores.map(({ core, name }) => ({ name: `core: ${name}`, parts: { core } })),
  ...lifetimes.map(({ lifetime, name }) => ({ name: `lifetime: ${name}`, parts: { lifetime } }))
]
