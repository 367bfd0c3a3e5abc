/** Which user store an operation uses. */
import * as Effect from "effect/Effect"
import type { Backend } from "../ports/backend.ts"
import { limitedUsers } from "../ports/limited-users.ts"
import type { UserStore } from "../ports/user-store.ts"

/** Names the backend of a user. Needed only if the application has several user stores. */
export interface OfBackend {
  /** The name under which the backend is registered. */
  readonly backend?: string | undefined
}

/** Returns the user store of a backend; without a name, the only user store that the application has. */
export type UsersOf<User> = (backend: string | undefined) => Effect.Effect<UserStore<User>>

/** Two stores may use the same id for different users. So with several stores the caller must name the backend. */
export const userStores =
  <User>(backends: ReadonlyMap<string, Backend<User>>): UsersOf<User> =>
  (backend) => {
    const asked = backend === undefined ? [...backends.values()] : [backends.get(backend)]
    const [store, ...others] = new Set(asked.flatMap((each) => (each?.users === undefined ? [] : [each.users.store])))
    if (store === undefined)
      return Effect.die(new Error("this backend has no users with passwords: name one that modelBackend made"))
    return others.length === 0
      ? Effect.succeed(limitedUsers(store))
      : Effect.die(new Error('several backends have users: name the one to use, as in { backend: "myapp.Backend" }'))
  }

/** The failure of an operation that needs an optional method of the user store. A mistake in the program. */
export const lacks = (method: string, what: string): Effect.Effect<never> =>
  Effect.die(new Error(`this user store has no ${what}: use one that implements ${method}, such as postgres(…).users`))
