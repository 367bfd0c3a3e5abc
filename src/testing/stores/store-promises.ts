/** What a session store promises, as tests for a store of your own. */
import * as Effect from "effect/Effect"
import { boolean, callable, checkOptions, type Kind, type Kinds, object } from "../../adapters/options/option-kinds.ts"
import type { SessionStore, StoreCapabilities } from "../../adapters/ports/session-store.ts"
import { nameOf } from "../browser/response-like.ts"
import { Calls, type Promised, promises } from "./store-promise-list.ts"
import { type Expiry, newKey } from "./store-steps.ts"

/** A promise of one store. */
export interface StorePromise {
  /** The promise, as a sentence. */
  readonly title: string
  /** Why it is not checked; `undefined`: it is checked. */
  readonly skipped: string | undefined
  /** Checks the promise on a new store. Does nothing if it is skipped: then the title says so. @throws {LawBroken} */
  readonly check: () => Promise<void>
}

/** Settings of {@link storePromises}. */
export interface StorePromisesOptions {
  /** What the store declares. Default: all of `atomicSwap`, `merges` and `revokes`. */
  readonly capabilities?: Partial<StoreCapabilities>
  /** Whether the store records the sessions of users (`userSessions`). Default false. */
  readonly userSessions?: boolean
  /** `"vanishes"`: what has expired is removed immediately by the store itself, by its own clock. Default `"kept"`. */
  readonly expiry?: Expiry
  /** How many series of calls are compared with the store in memory. Default 300. */
  readonly series?: number
  /** The first series; an error names it. Default 1. */
  readonly seed?: number
  /** Frees what a store holds, after each promise. */
  readonly close?: (store: SessionStore) => void | Promise<void>
}

/**
 * What a session store promises: that it answers as the store in memory, step by step, and what its capabilities
 * declare. Like laws, the promises register nothing with a test runner and throw when they are broken.
 *
 * ```ts
 * for (const promise of storePromises(() => sqliteSessions(new DatabaseSync(":memory:"))))
 *   test(promise.title, () => promise.check())
 * ```
 *
 * @param make makes a store, for each promise. It may hold other sessions: every key that is used is new
 * @throws {ConfigurationInvalid} for an option that does not exist
 */
export const storePromises = (
  make: () => SessionStore | Promise<SessionStore>,
  options: StorePromisesOptions = {}
): ReadonlyArray<StorePromise> => {
  if (typeof make !== "function")
    throw new TypeError("storePromises: the first argument is a function that makes a store: () => mySessions(…)")
  checkOptions(options, promiseKinds, "storePromises.")
  const { capabilities, close, expiry = "kept", seed = 1, series = 300, userSessions = false } = options
  const declared = { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: false, ...capabilities }
  return promises.map(({ holds, needs, title }) => {
    const missing = missingFor(needs, declared, { expiry, userSessions })
    return {
      title: missing === undefined ? title : `${title} (skipped: ${missing})`,
      skipped: missing,
      check: async () => {
        if (missing !== undefined) return
        const store = await make()
        mustBeStore(store)
        try {
          mustDeclare(store, declared, userSessions)
          await holds(new Calls(store), { expiry, seed, series })
        } finally {
          await close?.(store)
        }
      }
    }
  })
}

const count: Kind = {
  written: "a whole number",
  accepts: Number.isInteger
}

const promiseKinds: Kinds<StorePromisesOptions> = {
  capabilities: object,
  userSessions: boolean,
  expiry: { written: '"kept" or "vanishes"', accepts: (value) => value === "kept" || value === "vanishes" },
  series: count,
  seed: count,
  close: callable
}

/** @throws {TypeError} for what is no store, and for a store whose functions return promises */
const mustBeStore = (store: SessionStore): void => {
  const advice = "make it of your functions with defineSessionStore"
  if (typeof Object(store).commit !== "function" || typeof Object(store).load !== "function")
    throw new TypeError(`storePromises: ${nameOf(store)} is no session store; ${advice}`)
  if (!Effect.isEffect(store.load(newKey(), Date.now())))
    throw new TypeError(`storePromises: load of the store returns no Effect; ${advice}`)
}

/** What a promise needs and the store does not have. */
const missingFor = (
  needs: Promised["needs"],
  declared: StoreCapabilities,
  { expiry, userSessions }: { readonly expiry: Expiry; readonly userSessions: boolean }
): string | undefined => {
  if (needs === undefined) return undefined
  if (needs === "expired rows") return expiry === "kept" ? undefined : "the store removes expired sessions itself"
  if (needs === "userSessions") return userSessions ? undefined : "the store does not record the sessions of users"
  return declared[needs] ? undefined : `the store does not declare ${needs}`
}

const mustDeclare = (
  { capabilities, userSessions }: SessionStore,
  wanted: StoreCapabilities,
  wantsRecords: boolean
): void => {
  const hasRecords = userSessions !== undefined
  if (hasRecords !== wantsRecords)
    throw new TypeError(
      `storePromises: the store ${hasRecords ? "records" : "does not record"} the sessions of users; pass { userSessions: ${hasRecords} }`
    )
  for (const name of ["atomicSwap", "merges", "revokes"] as const)
    if (capabilities[name] !== wanted[name])
      throw new TypeError(
        `storePromises: the store declares ${name}: ${capabilities[name]}; pass { capabilities: { ${name}: ${capabilities[name]} } }`
      )
}
