import express from "express"
import type { FieldsOf, UserOf } from "latchkey"
import { authErrors, connectAuth, type WithAuth } from "latchkey/node"
import { auth } from "./auth.ts"

declare global {
  namespace Express {
    interface Request extends WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>> {} // the type of req.auth
  }
}

const field = (token: string): string => `<input type="hidden" name="csrfmiddlewaretoken" value="${token}">`

const loginPage = (token: string, problem: string): string => `<form method="post">${field(token)}
  <p>${problem}</p>
  <input name="username"> <input name="password" type="password"> <button>Log in</button></form>`

const app = express()
app.use(express.urlencoded()) // before connectAuth, which then checks the tokens of forms
app.use(connectAuth(auth))

app.get("/", async (req, res) => {
  if (!(await req.auth.getUser())) return void res.send(`<p>Hello stranger. <a href="/account">Your account</a></p>`)
  const token = field(await req.auth.getCsrfToken())
  res.send(`<form method="post" action="/logout">${token}<button>Log out</button></form>`)
})

app.get("/account", async (req, res) => {
  const user = await req.auth.requireUser() // anonymous visitors get the login page
  res.type("text").send(`Hello ${user.username}.`)
})

app.get("/login", async (req, res) => {
  res.send(loginPage(await req.auth.getCsrfToken(), ""))
})

app.post("/login", async (req, res) => {
  const { authenticate, getCsrfToken, login, redirectToNext } = req.auth
  const { password, username } = req.body ?? {}
  const user = await authenticate({ username, password })
  if (!user) return void res.send(loginPage(await getCsrfToken(), "Wrong user name or password."))
  await login(user)
  res.redirect(redirectToNext("/").location)
})

app.post("/logout", async (req, res) => {
  await req.auth.logout()
  res.redirect("/")
})

app.use(authErrors) // last: an outage gets a 503, a refused request a 403
app.listen(3000)
