/** One attempt to check or to make a password hash: its data, and the keys that it is counted by while it waits. */
import { networksOf } from "../../../core/http/request/network.ts"
import type { AttemptDetails, PasswordAttempt } from "../../ports/passwords.ts"

export const attemptOf = (details: AttemptDetails): PasswordAttempt => ({
  address: undefined,
  username: undefined,
  userId: undefined,
  head: undefined,
  standing: "unknown",
  ...details
})

/** The keys: the client's networks (all clients without an address share one key), and the user. */
export const turnKeysOf = ({ address, userId, username }: PasswordAttempt): ReadonlyArray<string> => [
  ...(address === undefined ? ["no address"] : networksOf(address).map((network) => `address ${network}`)),
  username === undefined ? `user ${userId}` : `username ${username}`
]
