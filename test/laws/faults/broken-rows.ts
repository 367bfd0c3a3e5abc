/** Sites whose stores write something else than the text that they get. */
import { deflateSync, inflateSync } from "node:zlib"
import * as Effect from "effect/Effect"
import type { SessionStore } from "../../../src/adapters/ports/session-store.ts"
import type { JsonText } from "../../../src/core/json/json-value.ts"
import type { SessionData } from "../../../src/core/json/session-data.ts"
import * as Data from "../../../src/core/json/session-data.ts"
import { makeCodec, storeSalt } from "../../../src/core/session/text/codec.ts"
import { makeSigner } from "../../../src/core/signing/timestamp-signer.ts"
import { type Gate, testSite } from "../../../src/testing/index.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../../src/testing/laws/memory/memory-site.ts"

const { secretKey } = testSite()
const codec = makeCodec({ secret: secretKey, fallbacks: [] })
const signer = makeSigner({ secret: secretKey, fallbacks: [], salt: storeSalt })

const dataIn = (text: string): SessionData => {
  const decoded = codec.decode(text)
  return decoded._tag === "Decoded" ? decoded.data : Data.empty
}

const valuesOf = (data: SessionData): ReadonlyArray<readonly [string, JsonText]> => [...Data.values(data)]

/** A site with another session store. */
const storing = (change: (sound: SessionStore, gate: Gate) => Partial<SessionStore>): LawSite =>
  lawSiteOf(
    testSite({
      stores: ({ sessions, users }, gate) => ({ users, sessions: { ...sessions, ...change(sessions, gate) } })
    })
  )

/** A site whose store changes each JSON that it stores. */
const rewriting = (change: (json: Buffer) => Buffer): LawSite =>
  storing(({ commit }) => ({
    commit: (asked, now) => {
      if (!("text" in asked)) return commit(asked, now)
      const [body = ""] = asked.text.split(":")
      const bytes = Buffer.from(body.replace(/^\./, ""), "base64url")
      const json = change(body.startsWith(".") ? inflateSync(bytes) : bytes)
      return commit({ ...asked, text: signer.sign(`.${deflateSync(json).toString("base64url")}`, now) }, now)
    }
  }))

const parsed = (json: Buffer): Buffer => {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(json.toString())))
  } catch {
    return json
  }
}

/** A site that is told when its clock is set back. */
const settingBack = (change: (site: LawSite, isBack: () => boolean) => LawSite["pages"]): LawSite => {
  const site = lawSiteOf(testSite())
  const { clock, reset } = site
  let isBack = false
  if (clock === undefined) return site
  return {
    ...site,
    reset: () => {
      isBack = false
      return reset()
    },
    clock: {
      ...clock,
      setBack: (duration) => {
        isBack = true
        clock.setBack?.(duration)
      }
    },
    pages: change(site, () => isBack)
  }
}

/** By what is wrong. */
export const brokenRows: Readonly<Record<string, () => LawSite>> = {
  "a store that writes the user of a session before the rest": () =>
    storing(({ commit }, gate) => ({
      commit: (change, now) => {
        if (change._tag !== "Move" && change._tag !== "Update") return commit(change, now)
        const { expiresAt, text } = change
        const key = change._tag === "Move" ? change.from : change.key
        return Effect.gen(function* () {
          const found = yield* commit({ _tag: "Update", key, was: "", text, expiresAt }, now)
          if (found._tag !== "Changed" || (change.was !== undefined && change.was !== found.text))
            return yield* commit(change, now)
          const id = Data.get(dataIn(text), "_auth_user_id")
          const torn = Data.of([
            ...valuesOf(dataIn(found.text)),
            ...(id === undefined ? [] : [["_auth_user_id", id] as const])
          ])
          const half = codec.encode(torn, 0)
          yield* commit({ _tag: "Update", key, was: found.text, text: half, expiresAt }, now)
          yield* Effect.promise(() => gate.turn("between two values"))
          return yield* commit({ ...change, was: change.was === undefined ? undefined : half }, now)
        })
      }
    })),
  "a store that keeps the former proof of a session": () =>
    storing(({ commit, load }) => ({
      commit: (change, now) => {
        if (change._tag !== "Move") return commit(change, now)
        return Effect.flatMap(load(change.from, now), (found) => {
          const hash = found._tag === "SessionFound" ? Data.get(dataIn(found.text), "_auth_user_hash") : undefined
          const isOfUser = Data.get(dataIn(change.text), "_auth_user_hash") !== undefined
          if (hash === undefined || !isOfUser) return commit(change, now)
          const mixed = Data.of([...valuesOf(dataIn(change.text)), ["_auth_user_hash", hash]])
          return commit({ ...change, text: codec.encode(mixed, 0) }, now)
        })
      }
    })),
  "a store that parses the JSON that it stores": () => rewriting(parsed),
  "a store that stores every text as UTF-8": () => rewriting((json) => Buffer.from(json.toString())),
  "a site that counts lifetimes anew once its clock was set back": () =>
    settingBack(({ pages, users: [alice] }, isBack) => ({
      ...pages,
      write: async (browser, key, value) => {
        if (isBack()) await pages.login(browser, alice)
        return (await pages.write?.(browser, key, value)) ?? new Response(null, { status: 500 })
      }
    })),
  "a site whose proofs from the future count": () =>
    settingBack(({ pages }, isBack) => ({
      ...pages,
      recent: async (browser) =>
        isBack() ? new Response() : ((await pages.recent?.(browser)) ?? new Response(null, { status: 500 }))
    }))
}
