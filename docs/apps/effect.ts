import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { type AnyFields, type Auth, modelBackend } from "latchkey"
import { layer, settingsFromConfig } from "latchkey/effect"
import { effectAuth, type Provided } from "latchkey/effect-http"
import { type MemoryUser, memory } from "latchkey/memory"

class SiteAuth extends Context.Service<SiteAuth, Auth<MemoryUser, AnyFields>>()("site/SiteAuth") {
  static readonly layer = layer(
    SiteAuth,
    Effect.gen(function* () {
      // Sessions and users are lost when the process ends. With a database: scopedStores(() => postgres({ url })).
      const { sessions, users } = memory()
      const backends = { "django.contrib.auth.backends.ModelBackend": modelBackend(users) }
      return { ...(yield* settingsFromConfig), sessions, backends, loginUrl: "/login" }
    })
  )
}

const { CurrentUser, RequestAuth, requireUser, withAuth } = effectAuth(SiteAuth)

const field = (token: string): string => `<input type="hidden" name="csrfmiddlewaretoken" value="${token}">`

const loginPage = (token: string, problem: string): string => `<form method="post">${field(token)}
  <p>${problem}</p>
  <input name="username"> <input name="password" type="password"> <button>Log in</button></form>`

const show = (page: string) => HttpServerResponse.text(page, { contentType: "text/html" })

const home = Effect.gen(function* () {
  const { getCsrfToken, getUser } = yield* RequestAuth
  if (!(yield* getUser)) return show(`<p>Hello stranger. <a href="/account">Your account</a></p>`)
  return show(`<form method="post" action="/logout">${field(yield* getCsrfToken)}<button>Log out</button></form>`)
})

// Anonymous visitors get the login page.
const account = requireUser(Effect.map(CurrentUser, ({ username }) => HttpServerResponse.text(`Hello ${username}.`)))

const loginForm = Effect.gen(function* () {
  const { getCsrfToken } = yield* RequestAuth
  return show(loginPage(yield* getCsrfToken, ""))
})

/** The form of a POST, with its CSRF token checked. */
const readForm = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { verifyCsrf } = yield* RequestAuth
  const form = new URLSearchParams(yield* request.text)
  yield* verifyCsrf(form)
  return form
})

const logIn = Effect.gen(function* () {
  const { authenticate, getCsrfToken, login, redirectToNext } = yield* RequestAuth
  const form = yield* readForm
  const user = yield* authenticate({ username: form.get("username"), password: form.get("password") })
  if (!user) return show(loginPage(yield* getCsrfToken, "Wrong user name or password."))
  yield* login(user)
  return HttpServerResponse.redirect((yield* redirectToNext("/")).location)
})

const logOut = Effect.gen(function* () {
  const { logout } = yield* RequestAuth
  yield* readForm
  yield* logout
  return HttpServerResponse.redirect("/")
})

const Routes = Layer.mergeAll(
  HttpRouter.add("GET", "/", home),
  HttpRouter.add("GET", "/account", account),
  HttpRouter.add("GET", "/login", loginForm),
  HttpRouter.add("POST", "/login", logIn),
  HttpRouter.add("POST", "/logout", logOut)
).pipe(Layer.provide(HttpRouter.middleware<Provided>()(withAuth).layer))

/** Makes a user before the server listens, and removes expired sessions every night. */
const Jobs = Layer.effectDiscard(
  Effect.gen(function* () {
    const auth = yield* SiteAuth
    yield* auth.accounts.createUser({ username: "alice", password: "correct horse" })
    const clear = Effect.catch(auth.clearSessionsEffect, (error) => Effect.logError(error))
    yield* Effect.forkScoped(Effect.repeat(clear, Schedule.cron("0 4 * * *")))
  })
)

const Server = HttpRouter.serve(Routes).pipe(
  Layer.provide(NodeHttpServer.layer(createServer, { port: 3000 }).pipe(Layer.provide(Jobs))),
  Layer.provide(SiteAuth.layer)
)

NodeRuntime.runMain(Layer.launch(Server))
