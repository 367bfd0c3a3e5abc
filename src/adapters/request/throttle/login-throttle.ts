/**
 * Slows down attempts with wrong passwords: decides about one attempt before its password is checked, and counts it.
 */
import * as Effect from "effect/Effect"
import type { AskBackendAnswer } from "../../../core/effect.ts"
import { cookieValue } from "../../../core/http/cookies/cookie.ts"
import { header, type RequestHead } from "../../../core/http/request/request-head.ts"
import { strip } from "../../../core/password/characters.ts"
import * as KnownDevice from "../../../core/throttle/known-device.ts"
import type { Taken } from "../../../core/throttle/throttle.ts"
import type { NetworkKey } from "../../../core/throttle/throttle-keys.ts"
import type { ClockAndRandom } from "../../clock-and-random/clock-and-random.ts"
import type { StoreUnavailable } from "../../errors/errors.ts"
import type { BackendFailure } from "../../ports/backend.ts"
import type { CountedAttempt } from "../../ports/counted-attempt.ts"
import type { Passwords } from "../../ports/passwords.ts"
import type { ThrottleAsk, ThrottleChange } from "../../ports/throttle-store.ts"
import { counted, type Settlement, settled } from "./throttle-counts.ts"
import type { ProvenDevice, ThrottleSettings } from "./throttle-settings.ts"

/** Who makes an attempt, and for which password. */
export interface Attempting {
  /** The user name; `undefined` if there is none. */
  readonly username: string | undefined
  /** The client's address; `undefined` if not known, or outside a request. */
  readonly address: string | undefined
  /** The head of the request; `undefined` outside a request. */
  readonly head: RequestHead | undefined
  /**
   * Names a user or a link. Then attempts of unknown devices are counted for it, and not by user name and network: only
   * clients that are logged in or have the link make them, so other clients must not make them wait.
   */
  readonly proof?: string
  /** Whether the client is logged in as the user. */
  readonly isLoggedIn?: boolean
}

/** One attempt to prove a password. */
export interface ThrottledAttempt extends CountedAttempt {
  /** The answer of a backend. A throttled attempt is declined. */
  readonly judged: <User>(
    offer: Effect.Effect<AskBackendAnswer<User>, BackendFailure>
  ) => Effect.Effect<AskBackendAnswer<User>, BackendFailure>
  /** Forgets the failures after a success. @returns the device; `undefined` without a user name or a stored password */
  readonly succeeded: Effect.Effect<ProvenDevice | undefined, StoreUnavailable>
}

/**
 * Counts an attempt before it is made. Fails if the store is unavailable.
 *
 * @param refused is run if it comes too early
 */
export const beginAttempt = Effect.fnUntraced(function* (
  settings: ThrottleSettings,
  { bindingId, now }: Pick<ClockAndRandom, "bindingId" | "now">,
  { address, head, isLoggedIn = false, proof, username }: Attempting,
  passwords: Passwords,
  refused: Effect.Effect<void>
): Effect.fn.Return<ThrottledAttempt, StoreUnavailable> {
  const { device, keys, policies } = settings
  const account = username === undefined ? undefined : keys.account(username)
  const cookie = head === undefined ? undefined : cookieValue(header(head, "cookie") ?? "", device.cookie.name)
  const known = account === undefined ? undefined : KnownDevice.readDevice(device, cookie, account, now())
  const taken: Array<Settlement> = []
  const changes: Array<Settlement> = []

  /** @returns whether every key accepts the attempt */
  const takeAll = (asks: ReadonlyArray<ThrottleAsk>, after: (key: string, until: number) => ThrottleChange) =>
    counted(settings, "count an attempt", asks, now).pipe(
      Effect.map(({ answers, store }) => {
        for (const [at, answer] of answers.entries()) {
          const key = asks[at]?.key
          if (answer._tag === "Taken" && key !== undefined) {
            taken.push({ store, change: { _tag: "TakeBack", key, until: answer.until } })
            changes.push({ store, change: after(key, answer.until) })
          }
        }
        return isAccepted(asks, answers)
      }),
      Effect.tap((isAllowed) => (isAllowed ? Effect.void : refused))
    )

  // The networks come first. So one address that tries ever new names counts, and stores, only a few of them.
  const takeUnknown =
    proof === undefined
      ? takeAll(
          [
            ...asksOf(policies, address === undefined ? [] : keys.networks(address)),
            ...(account === undefined ? [] : [{ key: account, policy: policies.account }])
          ],
          // A network keeps its other failures: an attacker who has an account must not reset them.
          (key, until) => (key === account ? { _tag: "Reset", key } : { _tag: "TakeBack", key, until })
        )
      : takeAll([{ key: keys.proof(proof), policy: policies.device }], (key) => ({ _tag: "Reset", key }))
  const isAllowed =
    known === undefined
      ? yield* takeUnknown
      : yield* takeAll([{ key: keys.device(known.id), policy: policies.device }], (key) => ({ _tag: "Reset", key }))

  let allowedAnyway: boolean | undefined
  let wasAllowed = false
  /** Whether the password may be right. A device from before a change of the password counts as unknown. */
  const allows = (encoded: string): Effect.Effect<boolean, StoreUnavailable> =>
    Effect.suspend(() => {
      const isOutdated =
        isAllowed &&
        known !== undefined &&
        allowedAnyway === undefined &&
        !KnownDevice.isCurrent(device, known, encoded)
      return Effect.map(isOutdated ? takeUnknown : Effect.succeed(allowedAnyway), (anyway) => {
        allowedAnyway ??= anyway
        const allowed = isAllowed && allowedAnyway !== false
        wasAllowed ||= allowed
        return allowed
      })
    })

  const standing = !isAllowed ? "throttled" : known !== undefined || isLoggedIn ? "known" : "unknown"
  let encoded: string | undefined
  let isSettled = false
  /**
   * Whether a password was compared and was wrong. Then the attempt counts, also if another backend is not available.
   */
  let isJudgedWrong = false
  return {
    isRefused: !isAllowed,
    passwords: {
      ...passwords,
      verify: (password, stored) =>
        Effect.flatMap(allows(stored), (allowed) =>
          allowed
            ? Effect.tap(passwords.verify(password, stored), ({ correct }) =>
                Effect.sync(() => {
                  if (correct) encoded = stored
                  else isJudgedWrong = true
                })
              )
            : passwords.refuse(password, stored)
        ),
      refuse: (password, stored) =>
        Effect.flatMap(allows(stored), (allowed) =>
          Effect.tap(passwords.refuse(password, stored), () =>
            Effect.sync(() => {
              if (allowed) isJudgedWrong = true
            })
          )
        ),
      slot: (effect, details = { operation: "authenticate" }, isGood) =>
        passwords.slot(effect, { ...details, standing }, isGood),
      slotAfter: (query, details = { operation: "authenticate" }, isGood) =>
        passwords.slotAfter(query, { ...details, standing }, isGood)
    },
    judged: (offer) =>
      Effect.flatMap(offer, (answer): typeof offer => {
        if (answer._tag !== "Accepted") return Effect.succeed(answer)
        encoded = answer.known.password
        if (wasAllowed) return Effect.succeed(answer)
        // A backend of the application may have checked the credentials without `passwords.verify`.
        return Effect.map(allows(encoded), (allowed) => (allowed ? answer : { _tag: "Declined" }))
      }),
    succeeded: Effect.suspend(() => {
      isSettled = true
      return settled(changes, settings.fallbackStore !== undefined)
    }).pipe(
      Effect.map(() =>
        account === undefined || !encoded
          ? undefined
          : { id: known !== undefined && allowedAnyway === undefined ? known.id : bindingId(), account, encoded }
      )
    ),
    abandoned: Effect.suspend(() => (isSettled || isJudgedWrong ? Effect.void : Effect.ignore(settled(taken, true))))
  }
})

/**
 * Counts a request for a mail or an account.
 *
 * @param email the address that the request is for
 * @returns whether it may be carried out
 */
export const takeRequest = (
  settings: ThrottleSettings,
  now: number,
  address: string | undefined,
  email: string
): Effect.Effect<boolean, StoreUnavailable> => {
  const { keys, policies } = settings
  // The networks come first. So a network that requests mails for new addresses all the time stores only a few of them.
  const asks = [
    ...asksOf(policies, address === undefined ? [] : keys.requesters(address)),
    // An account without an address is counted by the network alone: all of them would share one key.
    ...(strip(email) === "" ? [] : [{ key: keys.recipient(email), policy: policies.recipient }])
  ]
  if (asks.length === 0) return Effect.succeed(true)
  return Effect.map(
    counted(settings, "count a request", asks, () => now),
    ({ answers }) => isAccepted(asks, answers)
  )
}

const asksOf = (
  policies: ThrottleSettings["policies"],
  keys: ReadonlyArray<NetworkKey<keyof ThrottleSettings["policies"]>>
): ReadonlyArray<ThrottleAsk> => keys.map(({ key, kind }) => ({ key, policy: policies[kind] }))

const isAccepted = (asks: ReadonlyArray<ThrottleAsk>, answers: ReadonlyArray<Taken>): boolean =>
  answers.length === asks.length && answers.every(({ _tag }) => _tag === "Taken")
