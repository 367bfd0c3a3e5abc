import { type Html, html } from "./html.ts"
import { layout, type Visitor } from "./layout.ts"

export interface HomePage {
  readonly visitor: Visitor
  readonly cart: ReadonlyArray<string>
  /** The path of the account pages that latchkey comes with; `undefined`: the site does not show them. */
  readonly accountPages: string | undefined
}

export const homePage = ({ accountPages, cart, visitor }: HomePage): Html =>
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
      ${accountPages === undefined ? undefined : readyMade(accountPages)}
      <h2>For programs</h2>
      <ul>
        <li><a href="/me"><code>/me</code></a>: who you are, as JSON</li>
        <li><a href="/session"><code>/session</code></a>: what is in your session</li>
      </ul>`
  })

/** The demo prints mails on its console. */
const readyMade = (path: string): Html => html`<h2>Pages that come with latchkey</h2>
      <p>Mails are not sent: look for their links in the terminal of this demo.</p>
      <ul>
        <li><a href="${path}/signup">Sign up</a>: confirmed by a mail</li>
        <li><a href="${path}/login">Log in</a></li>
        <li><a href="${path}/password_reset">Forgotten password</a>: a new one by a mail, for example to demo@latchkey.example</li>
        <li><a href="${path}/sessions">Your sessions</a>: see them, end them</li>
        <li><a href="${path}/password_change">Change password</a></li>
        <li><a href="${path}/email_change">Change e-mail address</a></li>
        <li><a href="${path}/deactivate">Deactivate</a> or <a href="${path}/delete">delete</a> your account</li>
      </ul>`

const countOf = ({ length }: ReadonlyArray<string>): string =>
  length === 0 ? "empty" : length === 1 ? "1 item" : `${length} items`
