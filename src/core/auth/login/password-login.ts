/**
 * Checks a user name and a password against stored users: Django's ModelBackend.
 *
 * | state      | answer, condition                  | next           | what happens                                  |
 * | ---------- | ---------------------------------- | -------------- | --------------------------------------------- |
 * | (start)    |                                    | Finding        |                                               |
 * | Finding    | UserAbsent                         | Discarding     | takes as much time as for an existing user    |
 * | Finding    | UserFound, may log in              | Verifying      |                                               |
 * | Finding    | UserFound, inactive                | Verifying      | the work of a wrong password, for any password |
 * | Discarding | DummyHashed                        | Done: Declined |                                               |
 * | Verifying  | Verified, wrong                    | Done: Declined |                                               |
 * | Verifying  | Verified, correct                  | (correct)      |                                               |
 * | Verifying  | Verified, correct, needs rehashing | Hashing        |                                               |
 * | Hashing    | Hashed                             | Upgrading      |                                               |
 * | Upgrading  | Upgraded                           | (correct)      | with the new text                             |
 * | Upgrading  | Superseded, the first time         | Finding        | another request has changed the password      |
 * | Upgrading  | Superseded, the second time        | Done: Declined |                                               |
 * | (correct)  | the user may log in                | Done: Accepted |                                               |
 * | (correct)  | the user is inactive               | Done: Declined |                                               |
 *
 * A failed login writes nothing. Neither its time nor a new hash shows that the password of an inactive user was right.
 * The upgrade replaces only the text that was verified, so it never undoes a password change. The session auth hash is
 * made from the text that is in the table after the upgrade, so the session stays valid.
 */
import type { AnswerTo, AskBackendAnswer, KnownUser, PasswordQuery } from "../../effect.ts"
import type { Moment, Step } from "../../transition.ts"

/** A paused `checkPassword`. Holds no password that a client sent. */
export type Checking<User> =
  /** The user store was asked for the user. `round` counts how often. */
  | { readonly _tag: "Finding"; readonly username: string; readonly round: number }
  /** There is no such user: a hash is made and discarded. */
  | { readonly _tag: "Discarding" }
  /** The password is compared with the stored one. */
  | { readonly _tag: "Verifying"; readonly found: Found<User> }
  /** The password is correct, and is hashed again. */
  | { readonly _tag: "Hashing"; readonly found: Found<User> }
  /** The stored password is replaced by `encoded`. */
  | { readonly _tag: "Upgrading"; readonly found: Found<User>; readonly encoded: string }

/** The user that the user store has returned. */
export interface Found<User> {
  /** The user name that was looked up. */
  readonly username: string
  /** How often the user has been looked up. */
  readonly round: number
  /** The user, with the stored password. */
  readonly known: KnownUser<User>
  /** Whether the user may log in. */
  readonly isActive: boolean
}

/** One step of `checkPassword`. The value is the backend's answer to the credentials. */
export type CheckPassword<User> = Step<Checking<User>, AskBackendAnswer<User>, PasswordQuery>

/** A step that is not the last one. */
export type Asking<User> = Extract<CheckPassword<User>, { readonly _tag: "Paused" }>

/** The settings of the model backend. */
export interface ModelBackendSettings {
  /** Django's AllowAllUsersModelBackend: inactive users may log in too. */
  readonly allowInactive: boolean
}

const maximumRounds = 2

/**
 * Asks for the user with this name. The password is not an argument: the code that performs the queries has it.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.backends.ModelBackend
 */
export const checkPassword = <User>(username: string): Asking<User> => find(username, 1)

/** Continues with the answer of the user store or of the hasher. */
export const resume = <User>(
  settings: ModelBackendSettings,
  state: Checking<User>,
  answer: AnswerTo<PasswordQuery, User>,
  _moment: Pick<Moment, "now">
): CheckPassword<User> => {
  switch (state._tag) {
    case "Finding":
      if (answer._tag === "UserAbsent") return paused({ _tag: "DummyHash" }, { _tag: "Discarding" })
      return answer._tag === "UserFound"
        ? paused(
            { _tag: "VerifyPassword", encoded: answer.known.password, mayPass: mayLogIn(settings, answer) },
            { _tag: "Verifying", found: { ...state, known: answer.known, isActive: answer.isActive } }
          )
        : declined
    case "Discarding":
      return declined
    case "Verifying":
      if (answer._tag !== "Verified" || !answer.correct) return declined
      return answer.mustUpdate
        ? paused({ _tag: "HashPassword" }, { _tag: "Hashing", found: state.found })
        : admitted(settings, state.found)
    case "Hashing": {
      if (answer._tag !== "Hashed") return declined
      const { id, password } = state.found.known
      return paused(
        { _tag: "UpgradePassword", id, was: password, encoded: answer.encoded },
        { _tag: "Upgrading", found: state.found, encoded: answer.encoded }
      )
    }
    case "Upgrading": {
      const { found } = state
      if (answer._tag === "Upgraded")
        return admitted(settings, { ...found, known: { ...found.known, password: state.encoded } })
      return found.round < maximumRounds ? find(found.username, found.round + 1) : declined
    }
    default:
      return state satisfies never
  }
}

const find = <User>(username: string, round: number): Asking<User> =>
  paused({ _tag: "FindUser", username }, { _tag: "Finding", username, round })

const admitted = <User>(settings: ModelBackendSettings, found: Found<User>): CheckPassword<User> =>
  mayLogIn(settings, found) ? { _tag: "Done", value: { _tag: "Accepted", known: found.known } } : declined

const mayLogIn = (settings: ModelBackendSettings, { isActive }: { readonly isActive: boolean }): boolean =>
  isActive || settings.allowInactive

const declined: CheckPassword<never> = { _tag: "Done", value: { _tag: "Declined" } }

const paused = <User>(query: PasswordQuery, state: Checking<User>): Asking<User> => ({
  _tag: "Paused",
  query,
  state
})
