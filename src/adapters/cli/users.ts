/** What the commands about users share. */
import * as Effect from "effect/Effect"
import { type CommandFailed, call, refused } from "./command-failed.ts"
import type { AnyAuth } from "./configuration/application.ts"
import type { Check } from "./terminal/ask.ts"

/** The user with this name, as typed or normalised as Django stores names; `undefined` if there is none. */
export const findUser = (auth: AnyAuth, username: string): Effect.Effect<object | undefined, CommandFailed> =>
  call(async () => {
    const normalized = username.normalize("NFKC")
    const found = await auth.findUser({ username })
    return found === undefined && normalized !== username ? auth.findUser({ username: normalized }) : found
  })

/**
 * The user with this name. Fails if there is none.
 *
 * @param flag the flag that has the name; without it, an argument has
 */
export const userNamed = Effect.fnUntraced(function* (auth: AnyAuth, username: string, flag?: string) {
  const user = yield* findUser(auth, username)
  return (
    user ?? (yield* refused(`${flag === undefined ? "" : `${flag}: `}there is no user ${JSON.stringify(username)}`))
  )
})

/**
 * The problem with the name of a new user; `undefined` if there is none. The characters are those of Django's
 * validator.
 */
export const usernameProblem = (username: string): string | undefined => {
  if (username.trim() === "") return "Write a user name."
  return /^[\p{L}\p{M}\p{N}_.@+-]{1,150}$/u.test(username.normalize("NFKC"))
    ? undefined
    : "A user name has letters, digits and the characters @ . + - _, and at most 150 of them."
}

/** The problem with a new e-mail address; `undefined` if there is none. */
export const emailProblem = (email: string): string | undefined =>
  /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email) && email.length <= 254
    ? undefined
    : `${JSON.stringify(email)} is not an e-mail address`

/** A check of new passwords, by the application's validators. @param owner the user's values, for similarity */
export const passwordCheck =
  (auth: AnyAuth, owner: object): Check =>
  (password) =>
    password === ""
      ? Effect.succeed("Write a password.")
      : Effect.map(
          call(() => auth.validatePassword(password, owner)),
          (problems) => (problems.length === 0 ? undefined : problems.map(({ message }) => message).join("\n"))
        )

/** The name of a user for a person: the user name, else the e-mail address, else the id. */
export const nameOf = (user: object): string => {
  const named = ["username", "email", "id"].map((field): unknown => Reflect.get(user, field))
  return String(
    named.find((value) => typeof value === "string" || typeof value === "number") ?? "a user without a name"
  )
}

/** The id of a user, if it has one. */
export const idOf = (user: object): string | number | undefined => {
  const id: unknown = Reflect.get(user, "id")
  return typeof id === "string" || typeof id === "number" ? id : undefined
}
