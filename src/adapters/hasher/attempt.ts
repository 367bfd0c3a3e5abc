/** One attempt to check or to make a password hash: its data, and the keys that it is counted by while it waits. */
import { networkOf } from "../../core/http/network.ts"
import type { RequestHead } from "../../core/http/request-head.ts"

export interface PasswordAttempt {
  readonly operation: "authenticate" | "checkPassword" | "setPassword" | "resetPassword" | "createUser"
  /** The client's address, from the option `clientAddress`; `undefined` if not known, or outside a request. */
  readonly address: string | undefined
  /** The user name as the client sent it: of any length, and perhaps of no user. `undefined` if `userId` is given. */
  readonly username: string | undefined
  /** The user's primary key as text; `undefined` before the user is looked up. */
  readonly userId: string | undefined
  /** The head of the request; `undefined` outside a request. */
  readonly head: RequestHead | undefined
}

/** What an operation knows about its attempt. Fields that it leaves out are not known. */
export type AttemptDetails = Pick<PasswordAttempt, "operation"> & Partial<PasswordAttempt>

export const attemptOf = (details: AttemptDetails): PasswordAttempt => ({
  address: undefined,
  username: undefined,
  userId: undefined,
  head: undefined,
  ...details
})

/** Two keys: the client's network (all clients without an address share one key), and the user. */
export const turnKeysOf = ({ address, userId, username }: PasswordAttempt): ReadonlyArray<string> => [
  address === undefined ? "no address" : `address ${networkOf(address)}`,
  username === undefined ? `user ${userId}` : `username ${username}`
]
