import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { honoAuth } from "latchkey/hono"
import { auth } from "./auth.ts"

const field = (token: string): string => `<input type="hidden" name="csrfmiddlewaretoken" value="${token}">`

const loginPage = (token: string, problem: string): string => `<form method="post">${field(token)}
  <p>${problem}</p>
  <input name="username"> <input name="password" type="password"> <button>Log in</button></form>`

const app = new Hono().use(honoAuth(auth))

app.get("/", async (c) => {
  const { getCsrfToken, getUser } = c.var.auth
  return c.html(
    (await getUser())
      ? `<form method="post" action="/logout">${field(await getCsrfToken())}<button>Log out</button></form>`
      : `<p>Hello stranger. <a href="/account">Your account</a></p>`
  )
})

app.get("/account", async (c) => {
  const user = await c.var.auth.requireUser() // anonymous visitors get the login page
  return c.text(`Hello ${user.username}.`)
})

app.get("/login", async (c) => c.html(loginPage(await c.var.auth.getCsrfToken(), "")))

app.post("/login", async (c) => {
  const { authenticate, getCsrfToken, login, redirectToNext, verifyCsrf } = c.var.auth
  const form = await c.req.parseBody()
  await verifyCsrf(form) // first in every handler of a form
  const user = await authenticate({ username: form["username"], password: form["password"] })
  if (!user) return c.html(loginPage(await getCsrfToken(), "Wrong user name or password."))
  await login(user)
  return c.redirect(redirectToNext("/").location)
})

app.post("/logout", async (c) => {
  const { logout, verifyCsrf } = c.var.auth
  await verifyCsrf(await c.req.parseBody())
  await logout()
  return c.redirect("/")
})

serve({ fetch: app.fetch, port: 3000 })
