import * as Effect from "effect/Effect"
import type { RequestHead } from "../../core/http/request-head.ts"
import type { Passwords } from "../hasher/passwords.ts"
import type { App } from "./app.ts"

/** The passwords of an application, whose attempts are those of one request. */
export const passwordsFor = <User extends object>(
  { clientAddress, passwords }: App<User>,
  head: RequestHead
): Passwords => ({
  ...passwords,
  slot: (effect, details = { operation: "authenticate" }, isGood) =>
    Effect.suspend(() => passwords.slot(effect, { ...details, head, address: clientAddress(head) }, isGood))
})
