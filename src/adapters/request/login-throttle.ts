/** Slows down logins that fail: decides about one attempt before its password is checked, and counts it. */
import * as Effect from "effect/Effect"
import type { Credentials } from "../../core/auth/credentials.ts"
import type { AskBackendAnswer, SetCookie } from "../../core/effect.ts"
import { cookieValue } from "../../core/http/cookie.ts"
import { header, type RequestHead } from "../../core/http/request-head.ts"
import * as KnownDevice from "../../core/throttle/known-device.ts"
import type { ThrottlePolicy } from "../../core/throttle/throttle.ts"
import type { ThrottleKeys } from "../../core/throttle/throttle-keys.ts"
import type { BackendFailure } from "../ports/backend.ts"
import type { ClockAndRandom } from "../ports/clock-and-random.ts"
import { StoreUnavailable } from "../ports/errors.ts"
import type { Passwords } from "../ports/passwords.ts"
import type { ThrottleAsk, ThrottleChange, ThrottleStore } from "../ports/throttle-store.ts"

/** The settings of the throttle. Made once, when the application starts. */
export interface ThrottleSettings {
  readonly store: ThrottleStore
  readonly keys: ThrottleKeys
  readonly device: KnownDevice.KnownDeviceSettings
  readonly policies: {
    readonly account: ThrottlePolicy
    readonly network: ThrottlePolicy
    readonly device: ThrottlePolicy
  }
  /** Whether attempts are made uncounted while the store is unavailable. */
  readonly allowsWhenUnavailable: boolean
  /** The fields of credentials that hold a user name, in order. */
  readonly usernameFields: ReadonlyArray<string>
}

/** The device of a successful attempt, for its cookie. */
export interface ProvenDevice {
  readonly id: string
  /** The key of the user name. */
  readonly account: string
  /** The stored password. */
  readonly encoded: string
}

/** One attempt to log in. */
export interface ThrottledAttempt {
  /** Whether it comes too early: it is declined, also with the right password. */
  readonly isRefused: boolean
  /** Checks passwords for this attempt: a throttled attempt does the work of a wrong password. */
  readonly passwords: Passwords
  /** The answer of a backend. A throttled attempt is declined. */
  readonly judged: <User>(
    offer: Effect.Effect<AskBackendAnswer<User>, BackendFailure>
  ) => Effect.Effect<AskBackendAnswer<User>, BackendFailure>
  /** Forgets the failures after a success. @returns the device, if the credentials had a user name */
  readonly succeeded: Effect.Effect<ProvenDevice | undefined, StoreUnavailable>
  /** Takes the attempt back, because it was neither right nor wrong. */
  readonly abandoned: Effect.Effect<void>
}

/** How long a store may take. */
const storeSeconds = 2

/** Counts an attempt before it is made. Fails if the store is unavailable. */
export const beginAttempt = Effect.fnUntraced(function* (
  { allowsWhenUnavailable, device, keys, policies, store, usernameFields }: ThrottleSettings,
  { bindingId, now }: Pick<ClockAndRandom, "bindingId" | "now">,
  head: RequestHead,
  address: string | undefined,
  credentials: Credentials,
  passwords: Passwords
): Effect.fn.Return<ThrottledAttempt, StoreUnavailable> {
  const username = usernameFields.map((field) => credentials[field]).find((value) => typeof value === "string")
  const account = username === undefined ? undefined : keys.account(username)
  const cookie = cookieValue(header(head, "cookie") ?? "", device.cookie.name)
  const known = account === undefined ? undefined : KnownDevice.readDevice(device, cookie, account, now())
  const taken: Array<ThrottleChange> = []
  const changes: Array<ThrottleChange> = []

  /** @returns whether every key accepts the attempt */
  const takeAll = (asks: ReadonlyArray<ThrottleAsk>, after: (key: string, until: number) => ThrottleChange) =>
    Effect.suspend(() => inTime("count an attempt", store.take(asks, now()))).pipe(
      Effect.map((answers) => {
        for (const [at, answer] of answers.entries()) {
          const key = asks[at]?.key
          if (answer._tag === "Taken" && key !== undefined) {
            taken.push({ _tag: "TakeBack", key, until: answer.until })
            changes.push(after(key, answer.until))
          }
        }
        return answers.length === asks.length && answers.every(({ _tag }) => _tag === "Taken")
      }),
      Effect.catch((error) => (allowsWhenUnavailable ? Effect.succeed(true) : Effect.fail(error)))
    )

  // The network comes first. So one address that tries ever new names counts, and stores, only a few of them.
  const takeUnknown = takeAll(
    [
      ...(address === undefined ? [] : [{ key: keys.network(address), policy: policies.network }]),
      ...(account === undefined ? [] : [{ key: account, policy: policies.account }])
    ],
    // A network keeps its other failures: an attacker who has an account must not reset them.
    (key, until) => (key === account ? { _tag: "Reset", key } : { _tag: "TakeBack", key, until })
  )
  const isAllowed =
    known === undefined
      ? yield* takeUnknown
      : yield* takeAll([{ key: keys.device(known.id), policy: policies.device }], (key) => ({ _tag: "Reset", key }))

  let allowedAnyway: boolean | undefined
  let wasAllowed = false
  /** Whether the password may be right. A device from before a change of the password counts as unknown. */
  const allows = (encoded: string): Effect.Effect<boolean, StoreUnavailable> =>
    Effect.gen(function* () {
      if (isAllowed && known !== undefined && !KnownDevice.isCurrent(device, known, encoded))
        allowedAnyway ??= yield* takeUnknown
      const allowed = isAllowed && allowedAnyway !== false
      wasAllowed ||= allowed
      return allowed
    })

  const standing = !isAllowed ? "throttled" : known === undefined ? "unknown" : "known"
  let encoded = ""
  return {
    isRefused: !isAllowed,
    passwords: {
      ...passwords,
      verify: (password, stored) =>
        Effect.flatMap(allows(stored), (allowed) =>
          allowed ? passwords.verify(password, stored) : passwords.refuse(password, stored)
        ),
      slot: (effect, details = { operation: "authenticate" }, isGood) =>
        passwords.slot(effect, { ...details, standing }, isGood)
    },
    judged: (offer) =>
      Effect.gen(function* () {
        const answer = yield* offer
        if (answer._tag !== "Accepted") return answer
        encoded = answer.known.password
        // A backend of the application may have checked the credentials without `passwords.verify`.
        return wasAllowed || (yield* allows(encoded)) ? answer : { _tag: "Declined" }
      }),
    succeeded: Effect.suspend(() => settled(store, changes, allowsWhenUnavailable)).pipe(
      Effect.map(() =>
        account === undefined
          ? undefined
          : { id: known !== undefined && allowedAnyway === undefined ? known.id : bindingId(), account, encoded }
      )
    ),
    abandoned: Effect.ignore(Effect.suspend(() => settled(store, taken, true)))
  }
})

/** The cookie that makes the browser of a login a known device. */
export const cookieOf = ({ device }: ThrottleSettings, proven: ProvenDevice, now: number): SetCookie =>
  KnownDevice.deviceCookie(device, proven.id, proven.account, proven.encoded, now)

const settled = (
  store: ThrottleStore,
  changes: ReadonlyArray<ThrottleChange>,
  ignoresOutage: boolean
): Effect.Effect<void, StoreUnavailable> => {
  if (changes.length === 0) return Effect.void
  const settling = inTime("settle an attempt", store.settle(changes))
  return ignoresOutage ? Effect.catch(settling, () => Effect.void) : settling
}

const inTime = <A>(operation: string, call: Effect.Effect<A, StoreUnavailable>): Effect.Effect<A, StoreUnavailable> =>
  Effect.timeoutOrElse(call, {
    duration: storeSeconds * 1000,
    orElse: () =>
      Effect.fail(new StoreUnavailable({ operation, cause: `the throttle store took over ${storeSeconds} seconds` }))
  })
