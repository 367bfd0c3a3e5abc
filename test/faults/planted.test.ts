/** The table detects sites that handle an outage in the wrong way: each is planted in a site, and must be reported. */
import * as Effect from "effect/Effect"
import { type SessionStore, StoreUnavailable } from "latchkey"
import { afterEach, beforeAll, describe, expect, it } from "vitest"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"
import { startProxy, type TcpProxy } from "../rig/tcp-proxy.ts"
import { type Fault, outage, problemsUnder, unnoticed } from "./matrix.ts"
import { startFaultySite } from "./visitor.ts"

describe.skipIf(!service("postgres").available)("the table of faults reports a site", () => {
  let server: PostgresServer
  let proxy: TcpProxy
  const stops: Array<() => Promise<void>> = []
  beforeAll(async () => {
    server = await startPostgres()
    return server.stop
  })
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  const run = async (sessions: (rows: SessionStore) => SessionStore, fault: (proxy: TcpProxy) => Fault) => {
    proxy = await startProxy(server)
    stops.push(proxy.close)
    const site = await startFaultySite(
      { url: proxy.through(await server.createDatabase()) },
      { userSessions: true, sessions }
    )
    stops.push(site.stop)
    return (await problemsUnder(site, fault(proxy))).join("\n")
  }
  const refusal = (proxy: TcpProxy): Fault => ({
    row: outage,
    carriedOut: "never",
    rounds: 1,
    strike: () => proxy.refuse(),
    heal: () => proxy.heal()
  })

  it("only if there is a fault in it", async () => {
    expect(await run((rows) => rows, refusal)).toBe("")
  })

  it("that makes users anonymous in an outage", async () => {
    const anonymous = (rows: SessionStore): SessionStore => ({
      ...rows,
      load: (key, now) => Effect.catch(rows.load(key, now), () => Effect.succeed({ _tag: "SessionAbsent" as const }))
    })
    expect(await run(anonymous, refusal)).toMatch(/read: status 401 instead of 503/)
  })

  it("that acknowledges what it did not do", async () => {
    const careless = (rows: SessionStore): SessionStore => ({
      ...rows,
      commit: (change, now) =>
        change._tag === "Delete"
          ? Effect.succeed({ _tag: "Deleted" as const })
          : Effect.catch(rows.commit(change, now), () => Effect.die("never"))
    })
    expect(await run(careless, refusal)).toMatch(/an ended session works again/)
  })

  it("that acknowledges registrations and proofs that it did not store", async () => {
    let isForgetful = false
    const forgetful = (rows: SessionStore): SessionStore => ({
      ...rows,
      commit: (change, now) => {
        if (!isForgetful || (change._tag !== "Update" && change._tag !== "Move")) return rows.commit(change, now)
        const key = change._tag === "Update" ? change.key : change.from
        return Effect.succeed({ _tag: "Committed", key, text: change.text })
      }
    })
    const forgetting = (is: boolean) => () => {
      isForgetful = is
    }
    const problems = await run(forgetful, () => ({
      row: unnoticed,
      carriedOut: "never",
      rounds: 1,
      strike: forgetting(true),
      heal: forgetting(false)
    }))
    expect(problems).toMatch(/register: after 200 not registered, and again: 200/)
    expect(problems).toMatch(/reauthenticate: after 200 the proof in the session is login/)
  })

  it("that changes the password, does not acknowledge it, and lets the session from before go on", async () => {
    let isHalfway = false
    const halfway = (rows: SessionStore): SessionStore => ({
      ...rows,
      commit: (change, now) => {
        if (!isHalfway || change._tag !== "Move") return rows.commit(change, now)
        const { expiresAt, from, text, was } = change
        return Effect.andThen(
          rows.commit({ _tag: "Update", key: from, was, text, expiresAt }, now),
          Effect.fail(new StoreUnavailable({ operation: "commit", cause: "planted" }))
        )
      }
    })
    const goHalfway = (is: boolean) => () => {
      isHalfway = is
    }
    const problems = await run(halfway, () => ({
      row: outage,
      carriedOut: "perhaps",
      of: ["password"],
      rounds: 1,
      strike: goHalfway(true),
      heal: goHalfway(false)
    }))
    expect(problems).toBe("password: after 503 the new password works, and the session from before acts as the user")
  })

  describe("that ends the other sessions of a user, and", () => {
    /** What the table finds while one part of the store does its work in another way. */
    const runPlanted = (
      plant: (rows: SessionStore, isStruck: () => boolean) => SessionStore,
      row: Fault["row"] = unnoticed
    ) => {
      let isStruck = false
      const strike = (is: boolean) => () => {
        isStruck = is
      }
      return run(
        (rows) => plant(rows, () => isStruck),
        () => ({ row, carriedOut: "perhaps", of: ["endOthers"], rounds: 1, strike: strike(true), heal: strike(false) })
      )
    }
    const works = 'endOthers: after 200 another session is {"user":"self","marker":"old"}'

    it.each([0, 1])("acknowledges it, although it has ended %i of two", async (ends) => {
      const careless = (rows: SessionStore, isStruck: () => boolean): SessionStore => {
        let left = ends
        return {
          ...rows,
          commit: (change, now) =>
            change._tag !== "Delete" || !isStruck() || left-- > 0
              ? rows.commit(change, now)
              : Effect.succeed({ _tag: "Deleted" })
        }
      }
      expect(await runPlanted(careless)).toBe(
        Array(2 - ends)
          .fill(works)
          .join("\n")
      )
    })

    it("finds none if it cannot list them", async () => {
      const blind = ({ userSessions, ...rows }: SessionStore, isStruck: () => boolean): SessionStore => ({
        ...rows,
        ...(userSessions === undefined
          ? {}
          : {
              userSessions: {
                ...userSessions,
                list: (query, now) =>
                  Effect.suspend(() => (isStruck() ? Effect.succeed([]) : userSessions.list(query, now)))
              }
            })
      })
      const says = 'endOthers: says {"ended":0}'
      expect(await runPlanted(blind)).toBe([says, works, works].join("\n"))
    })

    it("reports an outage, and afterwards does not end the rest", async () => {
      const kept = new Set<string>()
      const stubborn = (rows: SessionStore, isStruck: () => boolean): SessionStore => ({
        ...rows,
        commit: (change, now) => {
          if (change._tag !== "Delete") return rows.commit(change, now)
          if (kept.has(change.key)) return Effect.succeed({ _tag: "Deleted" })
          if (!isStruck()) return rows.commit(change, now)
          kept.add(change.key)
          return Effect.fail(new StoreUnavailable({ operation: "commit", cause: "planted" }))
        }
      })
      expect(await runPlanted(stubborn, outage)).toMatch(
        /endOthers: after 503 after the next attempt another session is/
      )
    })
  })

  it("that waits longer than its deadline", async () => {
    const patient = (rows: SessionStore): SessionStore => ({
      ...rows,
      load: (key, now) =>
        Effect.tapError(rows.load(key, now), () =>
          Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 8000)))
        )
    })
    expect(await run(patient, refusal)).toMatch(/read: took/)
  })

  it("that does not recover", async () => {
    let isBroken = false
    const stubborn = (rows: SessionStore): SessionStore => ({
      ...rows,
      load: (key, now) =>
        Effect.tapError(
          Effect.suspend(() =>
            isBroken ? Effect.fail(new StoreUnavailable({ operation: "load", cause: "" })) : rows.load(key, now)
          ),
          () =>
            Effect.sync(() => {
              isBroken = true
              setTimeout(() => {
                isBroken = false
              }, 3000)
            })
        )
    })
    expect(await run(stubborn, refusal)).toMatch(/afterwards read: status 503 instead of 200/)
  })

  it("that brings an ended session back", async () => {
    const texts = new Map<string, string>()
    const reviving = (rows: SessionStore): SessionStore => ({
      ...rows,
      load: (key, now) =>
        Effect.map(rows.load(key, now), (answer) => {
          if (answer._tag === "SessionFound") texts.set(key, answer.text)
          const text = texts.get(key)
          return text === undefined ? answer : { _tag: "SessionFound" as const, text, prefetched: undefined }
        })
    })
    const problems = await run(reviving, refusal)
    expect(problems).toMatch(/cycle: the key from before acts as the user/)
    expect(problems).toMatch(/an ended session works again/)
  })
})
