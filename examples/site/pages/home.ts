import { type Html, html } from "./html.ts"
import { layout, type Visitor } from "./layout.ts"

export interface HomePage {
  readonly visitor: Visitor
  readonly cart: ReadonlyArray<string>
}

export const homePage = ({ cart, visitor }: HomePage): Html =>
  layout({
    title: "Welcome",
    path: "/",
    visitor,
    main: html`<h1>Welcome</h1>
      ${
        visitor === undefined
          ? html`<p>You are not logged in. <a href="/accounts/login/">Log in</a></p>`
          : html`<p>You are logged in as <strong>${visitor.username}</strong>.</p>`
      }
      <h2>Pages</h2>
      <ul>
        <li><a href="/cart/">Your cart</a>, ${countOf(cart)}: in the session, for every visitor</li>
        <li><a href="/accounts/profile/">Your profile</a>: for users only</li>
        <li><a href="/accounts/password_change/">Change your password</a>: ends your sessions elsewhere</li>
      </ul>
      <h2>For programs</h2>
      <ul>
        <li><a href="/me"><code>/me</code></a>: who you are, as JSON</li>
        <li><a href="/session"><code>/session</code></a>: what is in your session</li>
      </ul>`
  })

const countOf = ({ length }: ReadonlyArray<string>): string =>
  length === 0 ? "empty" : length === 1 ? "1 item" : `${length} items`
