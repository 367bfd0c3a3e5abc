"use client"
import { useActionState } from "react"
import { logIn } from "./actions"

export const LoginForm = ({ next }: { readonly next: string }) => {
  const [problem, action] = useActionState(logIn, undefined)
  return (
    <form action={action}>
      {problem && <p role="alert">{problem}</p>}
      <input type="hidden" name="next" value={next} />
      <input name="username" autoComplete="username" aria-label="User name" />
      <input name="password" type="password" autoComplete="current-password" aria-label="Password" />
      <button type="submit">Log in</button>
    </form>
  )
}
