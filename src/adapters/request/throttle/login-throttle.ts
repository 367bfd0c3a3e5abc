/** Slows down attempts with wrong passwords: decides about one attempt before its password is checked, and counts it. */
import * as Effect from "effect/Effect"
import type { AskBackendAnswer, SetCookie } from "../../../core/effect.ts"
import { cookieValue } from "../../../core/http/cookie.ts"
import { header, type RequestHead } from "../../../core/http/request-head.ts"
import { strip } from "../../../core/password/characters.ts"
import * as KnownDevice from "../../../core/throttle/known-device.ts"
import type { Taken, ThrottlePolicy } from "../../../core/throttle/throttle.ts"
import type { NetworkKey, ThrottleKeys, ThrottleKind } from "../../../core/throttle/throttle-keys.ts"
import type { BackendFailure } from "../../ports/backend.ts"
import type { ClockAndRandom } from "../../ports/clock-and-random.ts"
import type { CountedAttempt } from "../../ports/counted-attempt.ts"
import { StoreUnavailable } from "../../ports/errors.ts"
import type { Passwords } from "../../ports/passwords.ts"
import type { ThrottleAsk, ThrottleChange, ThrottleStore } from "../../ports/throttle-store.ts"

/** The settings of the throttle. Made once, when the application starts. */
export interface ThrottleSettings {
  readonly store: ThrottleStore
  readonly keys: ThrottleKeys
  readonly device: KnownDevice.KnownDeviceSettings
  readonly policies: Readonly<Record<Exclude<ThrottleKind, "proof">, ThrottlePolicy>>
  /** Counts while the store is unavailable. `undefined`: then attempts fail. */
  readonly fallbackStore: ThrottleStore | undefined
  /** The fields of credentials and of users that hold a user name, in order. */
  readonly usernameFields: ReadonlyArray<string>
}

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

/** The device of a successful attempt, for its cookie. */
export interface ProvenDevice {
  readonly id: string
  /** The key of the user name. */
  readonly account: string
  /** The stored password. */
  readonly encoded: string
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

/** How long a store may take. */
const storeSeconds = 2

/** The user name among credentials or in a user object. */
export const usernameIn = ({ usernameFields }: ThrottleSettings, fields: object): string | undefined => {
  for (const field of usernameFields) {
    const value: unknown = Reflect.get(fields, field)
    if (typeof value === "string") return value
  }
  return undefined
}

/** Counts an attempt before it is made. Fails if the store is unavailable. @param refused is run if it comes too early */
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
  /** Whether a password was compared and was wrong. Then the attempt counts, also if another backend is not available. */
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

/** The cookie that makes the browser of a login a known device. */
export const cookieOf = ({ device }: ThrottleSettings, proven: ProvenDevice, now: number): SetCookie =>
  KnownDevice.deviceCookie(device, proven.id, proven.account, proven.encoded, now)

const asksOf = (
  policies: ThrottleSettings["policies"],
  keys: ReadonlyArray<NetworkKey<keyof ThrottleSettings["policies"]>>
): ReadonlyArray<ThrottleAsk> => keys.map(({ key, kind }) => ({ key, policy: policies[kind] }))

const isAccepted = (asks: ReadonlyArray<ThrottleAsk>, answers: ReadonlyArray<Taken>): boolean =>
  answers.length === asks.length && answers.every(({ _tag }) => _tag === "Taken")

/** A change, and the store that counted the attempt: another one would take back what it has not counted. */
interface Settlement {
  readonly store: ThrottleStore
  readonly change: ThrottleChange
}

/** Counts in the store, or in the fallback store while it is unavailable. */
const counted = (
  { fallbackStore, store }: ThrottleSettings,
  operation: string,
  asks: ReadonlyArray<ThrottleAsk>,
  now: () => number
): Effect.Effect<{ readonly answers: ReadonlyArray<Taken>; readonly store: ThrottleStore }, StoreUnavailable> => {
  const by = (one: ThrottleStore) =>
    Effect.suspend(() => Effect.map(inTime(operation, one.take(asks, now())), (answers) => ({ answers, store: one })))
  return fallbackStore === undefined ? by(store) : Effect.catch(by(store), () => by(fallbackStore))
}

const settled = (
  settlements: ReadonlyArray<Settlement>,
  ignoresOutage: boolean
): Effect.Effect<void, StoreUnavailable> => {
  const settle = ([store, of]: [ThrottleStore, ReadonlyArray<Settlement>]) => {
    const settling = inTime("settle an attempt", store.settle(of.map(({ change }) => change)))
    return ignoresOutage ? Effect.catch(settling, () => Effect.void) : settling
  }
  return Effect.forEach(
    Map.groupBy(settlements, ({ store }) => store),
    settle,
    { discard: true }
  )
}

const inTime = <A>(operation: string, call: Effect.Effect<A, StoreUnavailable>): Effect.Effect<A, StoreUnavailable> =>
  Effect.raceFirst(
    call,
    Effect.callback<never, StoreUnavailable>((resume) => {
      const cause = `the throttle store took over ${storeSeconds} seconds`
      const timer = setTimeout(
        () => resume(Effect.fail(new StoreUnavailable({ operation, cause }))),
        storeSeconds * 1000
      )
      // The deadline does not keep a process alive that has nothing else to do.
      timer.unref()
      return Effect.sync(() => clearTimeout(timer))
    })
  )
