/** Operations that check a password, each as one counted attempt. */
import * as Effect from "effect/Effect"
import type { Busy, StoreUnavailable } from "../errors/errors.ts"
import type { AttemptSubject, CountAttempt, CountedAttempt } from "../ports/counted-attempt.ts"
import type { AttemptDetails } from "../ports/passwords.ts"

/**
 * Runs an operation in one slot, as one attempt. An attempt that fails with an error is not counted, unless its
 * password was wrong.
 */
export const attempted = <A, E>(
  countAttempt: CountAttempt,
  subject: AttemptSubject,
  details: AttemptDetails,
  run: (attempt: CountedAttempt) => Effect.Effect<A, E>,
  isGood: (value: A) => boolean
): Effect.Effect<A, E | Busy | StoreUnavailable> =>
  Effect.flatMap(countAttempt(subject, details.operation), (attempt) =>
    Effect.tapError(attempt.passwords.slot(run(attempt), details, isGood), () => attempt.abandoned)
  )

/** Whether the password is right. If it is, the attempt has succeeded, also if the operation fails afterwards. */
export const isRight = (
  { passwords, succeeded }: CountedAttempt,
  password: string,
  encoded: string
): Effect.Effect<boolean, StoreUnavailable> =>
  Effect.flatMap(passwords.verify(password, encoded), ({ correct }) =>
    correct ? Effect.as(succeeded, true) : Effect.succeed(false)
  )
