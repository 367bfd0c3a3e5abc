import { reader } from "latchkey/next/reader"
import { auth } from "../../lib/auth"
import { logIn } from "./actions"

interface LoginProps {
  readonly searchParams: Promise<{ readonly next?: string | string[] }>
}

const Login = async ({ searchParams }: LoginProps) => {
  const { nextUrl } = await reader(auth)
  return (
    <form action={logIn}>
      <input type="hidden" name="next" value={nextUrl({ next: [(await searchParams).next].flat().at(-1) })} />
      <input name="username" />
      <input name="password" type="password" />
      <button type="submit">Log in</button>
    </form>
  )
}
export default Login
