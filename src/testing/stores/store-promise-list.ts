/** The promises of session stores, one by one. */
import * as Effect from "effect/Effect"
import type { SessionStore, StoreCapabilities } from "../../adapters/ports/session-store.ts"
import type { CommitAnswer, SessionChange } from "../../core/effect.ts"
import * as SessionKey from "../../core/session-key.ts"
import { LawBroken, must } from "../laws/law-broken.ts"
import { endedStayUnlisted, recordsAsMemory } from "./record-steps.ts"
import { type Expiry, newKey, sameAsMemory } from "./store-steps.ts"

const day = 86_400_000
const parallel = 12

/** How a promise is checked. */
export interface Settings {
  readonly expiry: Expiry
  readonly seed: number
  readonly series: number
}

/** A promise, what it needs of the store, and its check. */
export interface Promised {
  readonly title: string
  readonly needs?: keyof StoreCapabilities | "expired rows" | "userSessions"
  readonly holds: (calls: Calls, settings: Settings) => Promise<void>
}

const moveOf = (from: SessionKey.SessionKey, to: SessionKey.SessionKey, was: string | undefined) =>
  ({ _tag: "Move", from, was, to, text: "renewed", ifGone: "Refuse" }) as const

/** @param wanted the answer's name, with the key that it names */
const mustBe = (answer: CommitAnswer, wanted: string, call: string): void => {
  const found = answer._tag === "Moved" ? `Moved ${answer.to}` : answer._tag
  must(found === wanted, () => `${call} is answered with ${found}, and has to be ${wanted}`)
}

/** The calls of a store, by name. */
export class Calls {
  readonly store: SessionStore
  readonly now = Date.now()

  constructor(store: SessionStore) {
    this.store = store
  }

  async load(key: SessionKey.SessionKey, now = this.now): Promise<string | undefined> {
    const answer = await Effect.runPromise(this.store.load(key, now))
    return answer._tag === "SessionFound" ? answer.text : undefined
  }

  commit(change: SessionChange, now = this.now): Promise<CommitAnswer> {
    return Effect.runPromise(this.store.commit(change, now))
  }

  insert(key: SessionKey.SessionKey, text: string, expiresAt = this.now + day): Promise<CommitAnswer> {
    return this.commit({ _tag: "Insert", key, text, expiresAt })
  }

  renew(from: SessionKey.SessionKey, to: SessionKey.SessionKey, was: string | undefined): Promise<CommitAnswer> {
    return this.commit({ ...moveOf(from, to, was), expiresAt: this.now + day, forwards: true })
  }

  delete(key: SessionKey.SessionKey, now = this.now): Promise<CommitAnswer> {
    return this.commit({ _tag: "Delete", key }, now)
  }

  /** Deletes a session under the key that it has now, as a logout does. */
  async end(key: SessionKey.SessionKey): Promise<void> {
    for (let at = key, deletes = 0; deletes < 100; deletes++) {
      const answer = await this.delete(at)
      if (answer._tag === "Deleted") return
      if (answer._tag !== "Moved") throw new LawBroken(`a Delete is answered with ${answer._tag}`)
      at = answer.to
    }
    throw new LawBroken("a hundred Deletes are answered with Moved")
  }

  /** Adds a name to the JSON list under a key, as a request does: compares, and tries again when the text changed. */
  async add(key: SessionKey.SessionKey, name: string): Promise<"Committed" | "Gone"> {
    let was = (await this.load(key)) ?? "[]"
    for (let tries = 0; tries < 100; tries++) {
      const names: unknown = JSON.parse(was)
      const text = JSON.stringify([...(Array.isArray(names) ? names : []), name])
      const answer = await this.commit({ _tag: "Update", key, was, text, expiresAt: this.now + day })
      if (answer._tag === "Committed" || answer._tag === "Gone") return answer._tag
      if (answer._tag !== "Changed") throw new LawBroken(`an Update is answered with ${answer._tag}`)
      was = answer.text
    }
    throw new LawBroken(
      "an Update is answered with Changed a hundred times: the answer has to have the text of the row"
    )
  }
}

const each = <A>(run: (number: number) => Promise<A>): Promise<ReadonlyArray<A>> =>
  Promise.all(Array.from({ length: parallel }, (_, number) => run(number)))

export const promises: ReadonlyArray<Promised> = [
  {
    title: "answers every series of calls as the store in memory",
    holds: ({ now, store }, { expiry, seed, series }) => sameAsMemory(store, { expiry, seed, series, start: now })
  },
  {
    title: "keeps long texts whole",
    holds: async (calls) => {
      const [key, to, text] = [newKey(), newKey(), "abcdefghij".repeat(10_000)]
      await calls.insert(key, text)
      must((await calls.load(key)) === text, () => "a text of 100,000 characters is not the same after an Insert")
      await calls.commit({ _tag: "Move", from: key, was: text, to, text, expiresAt: calls.now + day, ifGone: "Refuse" })
      must((await calls.load(to)) === text, () => "a text of 100,000 characters is not the same after a Move")
    }
  },
  {
    title: "tells keys apart by case and by what follows them",
    holds: async (calls) => {
      const key = newKey()
      await calls.insert(key, "text")
      for (const other of [key.toUpperCase(), `${key} `, `${key}%`, `${key.slice(0, -1)}_`, `${key}\t`]) {
        const parsed = SessionKey.parse(other)
        const found = parsed === undefined || parsed === key ? undefined : await calls.load(parsed)
        must(found === undefined, () => `${JSON.stringify(other)} finds the session of ${JSON.stringify(key)}`)
      }
    }
  },
  {
    title: "gives a key to one of many Inserts at the same time",
    holds: async (calls) => {
      const key = newKey()
      const answers = await each((number) => calls.insert(key, `text ${number}`))
      const committed = answers.flatMap((answer) => (answer._tag === "Committed" ? [answer.text] : []))
      must(committed.length === 1, () => `${committed.length} of ${parallel} Inserts are answered with Committed`)
      must(
        (await calls.load(key)) === committed[0],
        () => "the stored text is not that of the Insert that was answered"
      )
    }
  },
  {
    title: "loses no write of requests that write at the same time",
    needs: "merges",
    holds: async (calls) => {
      const key = newKey()
      await calls.insert(key, "[]")
      await each((number) => calls.add(key, `name ${number}`))
      const found: unknown = JSON.parse((await calls.load(key)) ?? "[]")
      const count = new Set(Array.isArray(found) ? found : []).size
      must(count === parallel, () => `${count} of ${parallel} writes are stored`)
    }
  },
  {
    title: "keeps one of both rows while others give the session a new key",
    needs: "atomicSwap",
    holds: async (calls) => {
      const key = newKey()
      await calls.insert(key, "text")
      const keys = Array.from({ length: parallel }, newKey)
      const answers = await Promise.all(keys.map((to) => calls.renew(key, to, "text")))
      const alive = (await Promise.all([key, ...keys].map((one) => calls.load(one)))).filter(
        (text) => text !== undefined
      )
      const moves = answers.filter(({ _tag }) => _tag === "Committed").length
      must(moves === 1, () => `${moves} of ${parallel} Moves of one row are answered with Committed`)
      must(alive.length === 1, () => `${alive.length} rows are left of one session`)
    }
  },
  {
    title: "never stores a session again that was deleted while others wrote it",
    needs: "revokes",
    holds: async (calls) => {
      for (let round = 0; round < 10; round++) {
        const key = newKey()
        await calls.insert(key, "[]")
        // The Delete comes a little later in each round, so that it also meets writes that have begun.
        const end = async (): Promise<void> => {
          for (let loads = 0; loads < round; loads++) await calls.load(key)
          await calls.end(key)
        }
        await Promise.all([each((number) => calls.add(key, `name ${number}`)), end()])
        must((await calls.load(key)) === undefined, () => "a session is there again after its Delete was answered")
        must((await calls.add(key, "late")) === "Gone", () => "an Update after a Delete is not answered with Gone")
      }
    }
  },
  {
    title: "deletes a session that gets a new key at the same time, or got one less than a minute ago",
    needs: "revokes",
    holds: async (calls) => {
      for (let round = 0; round < 10; round++) {
        const keys = [newKey(), newKey(), newKey()] as const
        await calls.insert(keys[0], "text")
        const renew = async (): Promise<void> => {
          await calls.renew(keys[0], keys[1], "text")
          await calls.renew(keys[1], keys[2], "renewed")
        }
        await Promise.all([renew(), calls.end(keys[0])])
        await calls.end(keys[0])
        const alive = (await Promise.all(keys.map((key) => calls.load(key)))).filter((text) => text !== undefined)
        must(alive.length === 0, () => "a session lives on under a new key after the Delete of its old key")
      }
    }
  },
  {
    title: "remembers for a minute under which key a session was renewed, if it was asked to",
    needs: "revokes",
    holds: async (calls, { expiry }) => {
      const [old, renewed, other, anonymous] = [newKey(), newKey(), newKey(), newKey()]
      await calls.insert(old, "text")
      await calls.renew(old, renewed, "text")
      await Effect.runPromise(calls.store.clearExpired(calls.now))
      const moved = `Moved ${renewed}`
      const at = (seconds: number) => calls.now + seconds * 1000
      const within = expiry === "kept" ? 59 : 0
      for (const time of ["the first", "a repeated"])
        mustBe(await calls.delete(old, at(within)), moved, `${time} Delete of the old key, ${within} s after the Move`)
      mustBe(await calls.renew(old, other, undefined), moved, "a Move of the old key")
      must((await calls.load(other)) === undefined, () => "a Move that is answered with Moved has written a row")
      must((await calls.load(old)) === undefined, () => "the old key has a session")
      if (expiry === "kept")
        mustBe(await calls.delete(old, at(61)), "Deleted", "a Delete of the old key, 61 s after the Move")
      await calls.insert(anonymous, "text")
      await calls.commit({ ...moveOf(anonymous, other, "text"), expiresAt: calls.now + day })
      mustBe(await calls.delete(anonymous), "Deleted", "a Delete of the old key, after a Move without forwards")
      must((await calls.load(other)) === "renewed", () => "that Delete has ended the session of the new key")
    }
  },
  {
    title: "clearExpired removes the sessions that have expired, and no other",
    needs: "expired rows",
    holds: async (calls) => {
      const [over, alive, now] = [newKey(), newKey(), calls.now]
      await calls.insert(over, "over", now - 1)
      await calls.insert(alive, "alive", now + 1)
      const removed = await Effect.runPromise(calls.store.clearExpired(now))
      must(removed >= 1, () => `it answers ${removed}, and one session had expired`)
      must((await calls.load(alive)) === "alive", () => "it removed a session that had not expired")
      const again = await calls.insert(over, "free again")
      must(again._tag === "Committed", () => "the row of the expired session is still there")
    }
  },
  {
    title:
      "clearExpired with a limit, called until it returns 0, removes all sessions that have expired; countExpired counts them",
    needs: "expired rows",
    holds: async (calls) => {
      const { now, store } = calls
      const [over, alive] = [Array.from({ length: 5 }, newKey), newKey()]
      for (const key of over) await calls.insert(key, "over", now - 1)
      await calls.insert(alive, "alive", now + 1)
      const counted = store.countExpired && (await Effect.runPromise(store.countExpired(now)))
      const called = "the repeated call of clearExpired with a limit of 2"
      let removed = 0
      for (let calls = 0, cleared = 1; cleared > 0; calls++) {
        must(calls < 10_000, () => `${called} never returns 0`)
        cleared = await Effect.runPromise(store.clearExpired(now, 2))
        removed += cleared
      }
      must(removed >= over.length, () => `${called} has removed ${removed} sessions, and ${over.length} had expired`)
      must((await calls.load(alive)) === "alive", () => `${called} removed a session that had not expired`)
      if (store.countExpired === undefined) return
      must(counted === removed, () => `countExpired answers ${counted}, and clearExpired has removed ${removed}`)
      const left = await Effect.runPromise(store.countExpired(now))
      must(left === 0, () => `after that, countExpired answers ${left}`)
    }
  },
  {
    title: "records and lists the sessions of users as the store in memory",
    needs: "userSessions",
    holds: ({ now, store }, { seed, series }) => recordsAsMemory(store, { seed, series, start: now })
  },
  {
    title: "lists no session that was deleted while it was visited or got a new key",
    needs: "userSessions",
    holds: ({ now, store }) => endedStayUnlisted(store, now)
  }
]
