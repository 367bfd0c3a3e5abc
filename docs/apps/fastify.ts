import formbody from "@fastify/formbody"
import Fastify from "fastify"
import type { FieldsOf, UserOf } from "latchkey"
import { authErrors, connectAuth, type WithAuth } from "latchkey/node"
import { auth } from "./auth.ts"

declare module "node:http" {
  interface IncomingMessage extends WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>> {} // the type of request.raw.auth
}

const field = (token: string): string => `<input type="hidden" name="csrfmiddlewaretoken" value="${token}">`

const loginPage = (token: string, problem: string): string => `<form method="post">${field(token)}
  <p>${problem}</p>
  <input name="username"> <input name="password" type="password"> <button>Log in</button></form>`

const app = Fastify()
await app.register(formbody) // Fastify parses no forms by itself
const attach = connectAuth(auth)
app.addHook("onRequest", (request, reply, done) => attach(request.raw, reply.raw, done))
app.setErrorHandler((error, request, reply) => {
  authErrors(error, request.raw, reply.raw, () => reply.send(error)) // an outage gets a 503, a refused request a 403
})

app.get("/", async (request, reply) => {
  const { getCsrfToken, getUser } = request.raw.auth
  return reply
    .type("text/html")
    .send(
      (await getUser())
        ? `<form method="post" action="/logout">${field(await getCsrfToken())}<button>Log out</button></form>`
        : `<p>Hello stranger. <a href="/account">Your account</a></p>`
    )
})

app.get("/account", async (request) => {
  const user = await request.raw.auth.requireUser() // anonymous visitors get the login page
  return `Hello ${user.username}.`
})

app.get("/login", async (request, reply) =>
  reply.type("text/html").send(loginPage(await request.raw.auth.getCsrfToken(), ""))
)

app.post<{ Body: { username?: string; password?: string } }>("/login", async (request, reply) => {
  const { authenticate, getCsrfToken, login, redirectToNext, verifyCsrf } = request.raw.auth
  await verifyCsrf(request.body) // first in every handler of a form
  const { password, username } = request.body ?? {}
  const user = await authenticate({ username, password })
  if (!user) return reply.type("text/html").send(loginPage(await getCsrfToken(), "Wrong user name or password."))
  await login(user)
  return reply.redirect(redirectToNext("/").location)
})

app.post<{ Body: Record<string, string> }>("/logout", async (request, reply) => {
  await request.raw.auth.verifyCsrf(request.body)
  await request.raw.auth.logout()
  return reply.redirect("/")
})

await app.listen({ port: 3000 })
