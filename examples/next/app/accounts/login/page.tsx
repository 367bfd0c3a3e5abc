import { reader } from "latchkey/next/reader"
import { Frame } from "../../../components/frame.tsx"
import { auth, demoUser } from "../../../lib/application.ts"
import { visitor } from "../../../lib/visitor.ts"
import { LoginForm } from "./login-form.tsx"

interface LoginProps {
  readonly searchParams: Promise<Readonly<Record<string, string | Array<string> | undefined>>>
}

const Login = async ({ searchParams }: LoginProps) => {
  const [{ nextUrl }, person, { next }] = [await reader(auth()), await visitor(), await searchParams]
  return (
    <Frame path="/accounts/login/" visitor={person}>
      <LoginForm next={nextUrl({ next: [next].flat().at(-1) })} username={person?.username} demoUser={demoUser()} />
    </Frame>
  )
}

export default Login
