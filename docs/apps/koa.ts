import { bodyParser } from "@koa/bodyparser"
import Router from "@koa/router"
import Koa, { type DefaultState } from "koa"
import type { FieldsOf, UserOf } from "latchkey"
import { type KoaAuthContext, koaAuth } from "latchkey/koa"
import { auth } from "./auth.ts"

const field = (token: string): string => `<input type="hidden" name="csrfmiddlewaretoken" value="${token}">`

const loginPage = (token: string, problem: string): string => `<form method="post">${field(token)}
  <p>${problem}</p>
  <input name="username"> <input name="password" type="password"> <button>Log in</button></form>`

// The second type parameter says what koaAuth adds to the context.
const router = new Router<DefaultState, KoaAuthContext<UserOf<typeof auth>, FieldsOf<typeof auth>>>()

router.get("/", async (ctx) => {
  const { getCsrfToken, getUser } = ctx.auth
  ctx.body = (await getUser())
    ? `<form method="post" action="/logout">${field(await getCsrfToken())}<button>Log out</button></form>`
    : `<p>Hello stranger. <a href="/account">Your account</a></p>`
})

router.get("/account", async (ctx) => {
  const user = await ctx.auth.requireUser() // anonymous visitors get the login page
  ctx.body = `Hello ${user.username}.`
})

router.get("/login", async (ctx) => {
  ctx.body = loginPage(await ctx.auth.getCsrfToken(), "")
})

router.post("/login", async (ctx) => {
  const { authenticate, getCsrfToken, login, redirectToNext } = ctx.auth
  const { password, username } = (ctx.request.body ?? {}) as { username?: string; password?: string }
  const user = await authenticate({ username, password })
  if (user) {
    await login(user)
    ctx.redirect(redirectToNext("/").location)
  } else ctx.body = loginPage(await getCsrfToken(), "Wrong user name or password.")
})

router.post("/logout", async (ctx) => {
  await ctx.auth.logout()
  ctx.redirect("/")
})

const app = new Koa()
app.use(bodyParser()) // before koaAuth, which then checks the tokens of forms
app.use(koaAuth(auth))
app.use(router.routes())
app.listen(3000)
