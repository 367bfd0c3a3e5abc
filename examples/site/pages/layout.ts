import { type Content, type Html, html } from "./html.ts"

/** The user who sees the page; `undefined`: an anonymous visitor. */
export type Visitor = { readonly username: string; readonly csrfToken: string } | undefined

export interface Layout {
  readonly title: string
  /** The page's own path, to mark it in the navigation. */
  readonly path: string
  readonly visitor: Visitor
  readonly main: Content
}

/** The parts around every page: head, navigation and footer. */
export const layout = ({ main, path, title, visitor }: Layout): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} – latchkey</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <a class="skip" href="#main">Skip to content</a>
    <header>
      <a class="brand" href="/">latchkey</a>
      <nav aria-label="Main">
        <ul>
          ${navigation(path, visitor)}
        </ul>
      </nav>
    </header>
    <main id="main" tabindex="-1">
      ${main}
    </main>
    <footer>
      <p>An example of latchkey, which shares its sessions with Django.</p>
    </footer>
  </body>
</html>
`

const navigation = (path: string, visitor: Visitor): ReadonlyArray<Html> =>
  visitor === undefined
    ? [link("/cart/", "Cart", path), link("/accounts/login/", "Log in", path)]
    : [link("/cart/", "Cart", path), link("/accounts/profile/", "Profile", path), logout(visitor.csrfToken)]

const link = (to: string, label: string, path: string): Html =>
  html`<li><a href="${to}"${to === path ? html` aria-current="page"` : undefined}>${label}</a></li>`

/** A form with a button instead of a link: other sites can make a browser follow a link. */
const logout = (csrfToken: string): Html => html`<li>
            <form method="post" action="/accounts/logout/">
              ${csrfInput(csrfToken)}
              <button class="quiet">Log out</button>
            </form>
          </li>`

export const csrfInput = (csrfToken: string): Html =>
  html`<input type="hidden" name="csrfmiddlewaretoken" value="${csrfToken}">`
