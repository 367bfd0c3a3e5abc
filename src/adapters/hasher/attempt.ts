/** One attempt to check or to make a password hash: whose it is, and what it is counted by while it waits. */
import { networkOf } from "../../core/http/network.ts"
import type { RequestHead } from "../../core/http/request-head.ts"

export interface PasswordAttempt {
  readonly operation: "authenticate" | "checkPassword" | "setPassword" | "resetPassword" | "createUser"
  /** Of the client, as `clientAddress` says; `undefined`: not known, or outside a request. */
  readonly address: string | undefined
  /** As the client sent it: of any length, and perhaps of no user. `undefined`: the operation has a user instead. */
  readonly username: string | undefined
  /** The primary key as text; `undefined` before the user is looked up. */
  readonly userId: string | undefined
  /** `undefined` outside a request. */
  readonly head: RequestHead | undefined
}

/** What an operation says of its attempt. What it leaves out is not known. */
export type AttemptDetails = Pick<PasswordAttempt, "operation"> & Partial<PasswordAttempt>

export const attemptOf = (details: AttemptDetails): PasswordAttempt => ({
  address: undefined,
  username: undefined,
  userId: undefined,
  head: undefined,
  ...details
})

/** The network of the client, one for all clients that have no address, and the user. */
export const turnKeysOf = ({ address, userId, username }: PasswordAttempt): ReadonlyArray<string> => [
  address === undefined ? "no address" : `address ${networkOf(address)}`,
  username === undefined ? `user ${userId}` : `username ${username}`
]
