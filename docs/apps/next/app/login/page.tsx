import { LoginForm } from "./login-form"

interface LoginProps {
  readonly searchParams: Promise<{ readonly next?: string | Array<string> }>
}

const Login = async ({ searchParams }: LoginProps) => {
  const { next } = await searchParams
  return <LoginForm next={String(next ?? "")} />
}
export default Login

export const instant = false // see "Pages": needed with cacheComponents
