import type { ReactNode } from "react"
import type { Visitor } from "../../site/pages/layout.ts"

interface FrameProps {
  /** The page's own path, to mark it in the navigation. */
  readonly path: string
  readonly visitor: Visitor
  readonly children: ReactNode
}

/**
 * What all pages have around them. No layout: it knows the visitor, and Next keeps layouts while pages change. Its links
 * are plain, so every page comes from the server and none is kept by Next's router; so is the form of the logout, with
 * which the router forgets the rest.
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
