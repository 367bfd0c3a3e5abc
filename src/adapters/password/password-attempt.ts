/** One attempt to check or to make a password hash: its data, and the keys that it is counted by while it waits. */
import { networkOf, wideNetworkOf } from "../../core/http/network.ts"
import type { AttemptDetails, PasswordAttempt } from "../ports/passwords.ts"

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
  ...(address === undefined ? ["no address"] : networksOf(address)),
  username === undefined ? `user ${userId}` : `username ${username}`
]

const networksOf = (address: string): ReadonlyArray<string> =>
  [networkOf(address), wideNetworkOf(address)].flatMap((network) =>
    network === undefined ? [] : [`address ${network}`]
  )
