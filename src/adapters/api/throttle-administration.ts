/** The counted failures, for administrators: listed and reset. */
import * as Effect from "effect/Effect"
import type { StoreUnavailable } from "../errors/errors.ts"
import { checkOptions, string } from "../options/option-kinds.ts"
import type { BackendFailure } from "../ports/backend.ts"
import type { ThrottleChange, ThrottledKey } from "../ports/throttle-store.ts"
import { proofOf } from "../request/login/counted-attempts.ts"
import type { AuthServices } from "../request/scope/services.ts"
import type { ThrottleSettings } from "../request/throttle/throttle-settings.ts"

/** Whose failures. Several properties together mean all of their keys. */
export interface ThrottleSubject {
  /** A user name, as a client sends it: logins with it, and passwords that the user proves while logged in. */
  readonly username?: string
  /** An IP address: the network that it belongs to. */
  readonly address?: string
  /** An e-mail address, for which clients have requested mails or accounts. */
  readonly email?: string
  /** A key from the list. */
  readonly key?: string
}

/** The operations on counted failures. They die if the throttle is off, or if its store cannot list keys. */
export interface ThrottleAdministration {
  readonly list: (of?: ThrottleSubject) => Effect.Effect<ReadonlyArray<ThrottledKey>, BackendFailure>
  readonly reset: (of: ThrottleSubject) => Effect.Effect<number, BackendFailure>
}

export const throttleAdministration = <User extends object>(
  services: Pick<AuthServices<User>, "backends" | "clockAndRandom" | "settings" | "throttle">
): ThrottleAdministration => {
  const { backends, clockAndRandom } = services

  /** Stores know only hashes, so each key that the subject may have is made again. */
  const keysOf = Effect.fnUntraced(function* (
    { keys }: ThrottleSettings,
    of: ThrottleSubject
  ): Effect.fn.Return<ReadonlyArray<string>, StoreUnavailable> {
    checkOptions(of, { username: string, address: string, email: string, key: string }, "throttle.")
    const { address, email, key, username } = of
    const networkKeys = (of: string) => [...keys.networks(of), ...keys.requesters(of)].map(({ key }) => key)
    const proofs = new Set<string>()
    for (const [backend, { users }] of username === undefined ? [] : backends) {
      const row = yield* users?.store.findByUsername(username ?? "") ?? Effect.undefined
      if (row !== undefined)
        proofs.add(keys.proof(proofOf(services, { _tag: "User", user: row.user, userId: row.id, backend })))
    }
    return [
      ...(username === undefined ? [] : [keys.account(username), ...proofs]),
      ...(address === undefined ? [] : networkKeys(address)),
      ...(email === undefined ? [] : [keys.recipient(email)]),
      ...(key === undefined ? [] : [key])
    ]
  })

  const listing = Effect.suspend(() => {
    const { throttle } = services
    const list = throttle?.store.list
    if (throttle === undefined)
      return Effect.die(new Error("the throttle is off: write throttle: { store } among the options of createAuth"))
    return list === undefined
      ? Effect.die(
          new Error("this throttle store cannot list its keys: use one with `list`, such as postgresThrottle()")
        )
      : Effect.succeed({ throttle, list })
  })

  return {
    list: Effect.fnUntraced(function* (of = {}) {
      const { list, throttle } = yield* listing
      const keys = yield* keysOf(throttle, of)
      return yield* list(clockAndRandom.now(), Object.keys(of).length === 0 ? undefined : keys)
    }),
    reset: Effect.fnUntraced(function* (of) {
      const { list, throttle } = yield* listing
      const keys = yield* keysOf(throttle, of)
      if (keys.length === 0)
        return yield* Effect.die(new TypeError("resetThrottle: write username, address, email or key"))
      const had = yield* list(clockAndRandom.now(), keys)
      const changes = keys.map((key): ThrottleChange => ({ _tag: "Reset", key }))
      yield* throttle.store.settle(changes)
      if (throttle.fallbackStore !== undefined) yield* throttle.fallbackStore.settle(changes)
      return had.length
    })
  }
}
