import type { Credentials } from "../../core/auth/login/credentials.ts"

/** A way for a logged-in user to prove again who they are: a password, a one-time code, a passkey. */
export interface LoginProof<User> {
  /**
   * Whether `credentials` prove that the client is `user`. `undefined`: they are not for this proof, so that the next
   * one is asked. Errors count as an outage: 503. It runs in a slot of `concurrency`, as a login does: answer quickly,
   * and check a password with `tools.checkPassword`, because `auth.checkPassword` waits for a second slot.
   *
   * @param credentials from the client: check the type of every value
   */
  readonly verify: (
    user: User,
    credentials: Credentials,
    tools: LoginProofTools
  ) => Promise<boolean> | boolean | undefined
}

/** What a {@link LoginProof} may use. */
export interface LoginProofTools {
  /** Whether this is the user's password. Takes as long for a wrong password as for the right one. */
  readonly checkPassword: (password: string) => Promise<boolean>
}

/** The proof that is used by default: the credentials `{ password }` have the user's password. */
export const passwordProof = (): LoginProof<unknown> => ({
  verify: (_user, { password }, { checkPassword }) =>
    typeof password === "string" ? checkPassword(password) : undefined
})
