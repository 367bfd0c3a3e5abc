import { reader } from "latchkey/next/reader"
import { cartOf } from "../../site/forms/cart.ts"
import { Frame } from "../components/frame.tsx"
import { Title } from "../components/title.tsx"
import { auth } from "../lib/application.ts"
import { visitor } from "../lib/visitor.ts"

const Home = async () => {
  const [{ session }, person] = [await reader(auth()), await visitor()]
  return (
    <Frame path="/" visitor={person}>
      <Title>Welcome</Title>
      <h1>Welcome</h1>
      {person === undefined ? (
        <p>
          You are not logged in. <a href="/accounts/login/">Log in</a>
        </p>
      ) : (
        <p>
          You are logged in as <strong>{person.username}</strong>.
        </p>
      )}
      <h2>Pages</h2>
      <ul>
        <li>
          <a href="/cart/">Your cart</a>
          {`, ${countOf(await cartOf(session))}: in the session, for every visitor`}
        </li>
        <li>
          <a href="/accounts/profile/">Your profile</a>: for users only
        </li>
        <li>
          <a href="/accounts/password_change/">Change your password</a>: ends your sessions elsewhere
        </li>
      </ul>
      <h2>For programs</h2>
      <ul>
        <li>
          <a href="/me">
            <code>/me</code>
          </a>
          : who you are, as JSON
        </li>
        <li>
          <a href="/session">
            <code>/session</code>
          </a>
          : what is in your session
        </li>
      </ul>
    </Frame>
  )
}

const countOf = ({ length }: ReadonlyArray<string>): string =>
  length === 0 ? "empty" : length === 1 ? "1 item" : `${length} items`

export default Home
