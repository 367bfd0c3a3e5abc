/** The site that every example serves, independent of the framework: its paths and their endpoints. */
import { type Answer, methodNotAllowed } from "./answer.ts"
import type { SiteAuth } from "./application.ts"
import type { Login } from "./config.ts"
import * as Endpoints from "./endpoints.ts"
import * as Pages from "./page-endpoints.ts"
import type { SiteRequest } from "./request.ts"

type Endpoint = Endpoints.Endpoint

interface Route {
  readonly GET?: Endpoint
  readonly POST?: Endpoint
  /** No CSRF token is required: set for the JSON endpoints, which are for clients other than browsers. */
  readonly csrfExempt?: true
}

export interface Site {
  /** Answers any request. */
  readonly answer: (request: SiteRequest, context: Endpoints.SiteContext) => Promise<Answer>
  /** One endpoint, for frameworks with their own routing. Throws `Error` if the path has no such endpoint. */
  readonly endpoint: (method: "GET" | "POST", path: string) => Endpoint
  /** For the adapter's option `csrfExempt`. A path without POST is exempt, so that a POST gets 405 and not 403. */
  readonly isCsrfExempt: (path: string) => boolean
}

export interface SiteOptions {
  /** A user whose name and password the login page shows. */
  readonly demoUser?: Login | undefined
  /** The path of the account pages that latchkey comes with, if the home page links to them. */
  readonly accountPages?: string | undefined
}

const routesOf = (auth: SiteAuth, { accountPages, demoUser }: SiteOptions): Readonly<Record<string, Route>> => ({
  "/anon": { GET: Endpoints.anon },
  "/me": { GET: Endpoints.me },
  "/login": { POST: Endpoints.login, csrfExempt: true },
  "/logout": { POST: Endpoints.logout, csrfExempt: true },
  "/password": { POST: Endpoints.changePassword(auth), csrfExempt: true },
  "/members": { GET: Endpoints.members },
  "/editors": { GET: Endpoints.editors },
  "/perms": { GET: Endpoints.perms },
  "/csrf": { GET: Endpoints.csrf },
  "/protected": { POST: Endpoints.protectedByCsrf },
  "/session": { GET: Endpoints.readSession, POST: Endpoints.mergeIntoSession, csrfExempt: true },
  "/session/delete": { POST: Endpoints.deleteFromSession, csrfExempt: true },
  "/session/expiry": { POST: Endpoints.setExpiry, csrfExempt: true },
  "/session/cycle": { POST: Endpoints.cycleKey, csrfExempt: true },
  "/session/flush": { POST: Endpoints.flush, csrfExempt: true },
  "/fail": { GET: Endpoints.fail },
  "/slow": { GET: Endpoints.slow },

  "/": { GET: Pages.home(accountPages) },
  "/style.css": { GET: Pages.stylesheet },
  "/cart/": { GET: Pages.cart, POST: Pages.addToCart },
  "/accounts/login/": { GET: Pages.login(demoUser), POST: Pages.logIn(demoUser) },
  "/accounts/logout/": { POST: Pages.logOut },
  "/accounts/profile/": { GET: Pages.profile },
  "/accounts/password_change/": { GET: Pages.passwordChange, POST: Pages.changePassword(auth) }
})

export const site = (auth: SiteAuth, options: SiteOptions = {}): Site => {
  const routes = new Map(Object.entries(routesOf(auth, options)))
  return {
    answer: async (request, context) => {
      const route = routes.get(request.path)
      if (route === undefined) return Pages.notFound(request)
      const endpoint = isServed(request.method) ? route[request.method] : undefined
      return endpoint === undefined
        ? methodNotAllowed(served.filter((method) => method in route))
        : endpoint(context, request)
    },
    endpoint: (method, path) => {
      const endpoint = routes.get(path)?.[method]
      if (endpoint === undefined) throw new Error(`there is no ${method} ${path}`)
      return endpoint
    },
    isCsrfExempt: (path) => {
      const route = routes.get(path)
      return route?.POST === undefined || route.csrfExempt === true
    }
  }
}

const served = ["GET", "POST"] as const

const isServed = (method: string): method is (typeof served)[number] => method === "GET" || method === "POST"
