"use client"
import { useActionState } from "react"
import { untouched } from "../../../../site/forms/form-state.ts"
import { Field, ProblemSummary } from "../../../components/fields.tsx"
import { Title } from "../../../components/title.tsx"
import { changePassword } from "./actions.ts"

interface PasswordChangeFormProps {
  readonly username: string
  readonly rules: ReadonlyArray<string>
}

export const PasswordChangeForm = ({ rules, username }: PasswordChangeFormProps) => {
  const [form, action] = useActionState(changePassword, untouched)
  const hint = (
    <ul>
      {rules.map((rule) => (
        <li key={rule}>{rule}</li>
      ))}
    </ul>
  )
  return (
    <>
      <Title isProblem={form.problems.length > 0}>Change your password</Title>
      <ProblemSummary form={form} />
      <h1>Change your password</h1>
      <p>You stay logged in here. Your other sessions end.</p>
      <form action={action} noValidate>
        <input type="text" autoComplete="username" value={username} readOnly hidden />
        <Field name="old_password" label="Old password" type="password" autoComplete="current-password" form={form} />
        <Field
          name="new_password1"
          label="New password"
          type="password"
          autoComplete="new-password"
          hint={hint}
          form={form}
        />
        <Field
          name="new_password2"
          label="New password, again"
          type="password"
          autoComplete="new-password"
          form={form}
        />
        <button type="submit">Change password</button>
      </form>
    </>
  )
}
