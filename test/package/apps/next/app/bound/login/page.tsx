import { logIn } from "./actions"

const Login = () => (
  <form action={logIn}>
    <input name="username" />
    <input name="password" type="password" />
  </form>
)
export default Login
