"use client"
import { useActionState } from "react"
import type { Login } from "../../../../site/config.ts"
import { untouched } from "../../../../site/forms/form-state.ts"
import { Field, ProblemSummary } from "../../../components/fields.tsx"
import { Title } from "../../../components/title.tsx"
import { logIn } from "./actions.ts"

interface LoginFormProps {
  /** The URL to open after the login, already checked to be safe; `undefined`: the profile. */
  readonly next: string | undefined
  /** The name of the user who is already logged in. */
  readonly username: string | undefined
  /** A user that any visitor may log in as, and the password. */
  readonly demoUser: Login | undefined
}

export const LoginForm = ({ demoUser, next, username }: LoginFormProps) => {
  const [form, action] = useActionState(logIn, untouched)
  return (
    <>
      <Title isProblem={form.problems.length > 0}>Log in</Title>
      <ProblemSummary form={form} />
      <h1>Log in</h1>
      {username !== undefined && (
        <p>
          You are logged in as <strong>{username}</strong>. You can log in as another user.
        </p>
      )}
      {demoUser !== undefined && (
        <p>
          This demo has a user <strong>{demoUser.username}</strong> with the password{" "}
          <strong>{demoUser.password}</strong>.
        </p>
      )}
      <form action={action} noValidate>
        {next !== undefined && <input type="hidden" name="next" value={next} />}
        <Field name="username" label="Username" type="text" autoComplete="username" form={form} />
        <Field name="password" label="Password" type="password" autoComplete="current-password" form={form} />
        <button type="submit">Log in</button>
      </form>
    </>
  )
}
