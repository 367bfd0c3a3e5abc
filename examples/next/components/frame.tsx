import type { ReactNode } from "react"
import type { Visitor } from "../../site/pages/layout.ts"

interface FrameProps {
  /** The page's own path, to mark it in the navigation. */
  readonly path: string
  readonly visitor: Visitor
  readonly children: ReactNode
}

/**
 * The parts around every page. This is not a Next layout, because it shows the user, and Next does not render a layout
 * again when the page changes. Links are plain `<a>` elements, so the server renders every page and Next's router
 * caches none. The logout form is plain HTML too: it makes the browser load a new document, which clears the router's cache.
 */
export const Frame = ({ children, path, visitor }: FrameProps) => (
  <>
    <a className="skip" href="#main">
      Skip to content
    </a>
    <header>
      <a className="brand" href="/">
        latchkey
      </a>
      <nav aria-label="Main">
        <ul>
          <NavigationLink to="/cart/" path={path}>
            Cart
          </NavigationLink>
          {visitor === undefined ? (
            <NavigationLink to="/accounts/login/" path={path}>
              Log in
            </NavigationLink>
          ) : (
            <>
              <NavigationLink to="/accounts/profile/" path={path}>
                Profile
              </NavigationLink>
              <li>
                <form method="post" action="/accounts/logout/">
                  <input type="hidden" name="csrfmiddlewaretoken" value={visitor.csrfToken} />
                  <button type="submit" className="quiet">
                    Log out
                  </button>
                </form>
              </li>
            </>
          )}
        </ul>
      </nav>
    </header>
    <main id="main" tabIndex={-1}>
      {children}
    </main>
    <footer>
      <p>An example of latchkey, which shares its sessions with Django.</p>
    </footer>
  </>
)

interface NavigationLinkProps {
  readonly to: string
  readonly path: string
  readonly children: string
}

const NavigationLink = ({ children, path, to }: NavigationLinkProps) => (
  <li>
    <a href={to} aria-current={to === path ? "page" : undefined}>
      {children}
    </a>
  </li>
)
