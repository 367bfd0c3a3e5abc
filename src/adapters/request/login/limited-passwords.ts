import * as Effect from "effect/Effect"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import type { Passwords } from "../../ports/passwords.ts"
import type { AuthServices } from "../scope/services.ts"

/** The application's {@link Passwords}, with head and client address of one request added to each attempt. */
export const passwordsFor = <User extends object>(
  { clientAddress, passwords }: AuthServices<User>,
  head: RequestHead
): Passwords => ({
  ...passwords,
  slot: (effect, details = anyAttempt, isGood) =>
    Effect.suspend(() => passwords.slot(effect, { ...details, head, address: clientAddress(head) }, isGood)),
  slotAfter: (query, details = anyAttempt, isGood) =>
    Effect.suspend(() => passwords.slotAfter(query, { ...details, head, address: clientAddress(head) }, isGood))
})

const anyAttempt = { operation: "authenticate" } as const
