import { createServer } from "node:http"
import { text } from "node:stream/consumers"
import { nodeAuth } from "latchkey/node"
import { auth } from "./auth.ts"

const field = (token: string): string => `<input type="hidden" name="csrfmiddlewaretoken" value="${token}">`

const loginPage = (token: string, problem: string): string => `<form method="post">${field(token)}
  <p>${problem}</p>
  <input name="username"> <input name="password" type="password"> <button>Log in</button></form>`

const handler = nodeAuth(auth, async (req, res, context) => {
  const { authenticate, getCsrfToken, getUser, login, logout, redirectToNext, requireUser, verifyCsrf } = context
  const show = (html: string, status = 200) => res.writeHead(status, { "content-type": "text/html" }).end(html)
  const redirect = (location: string) => res.writeHead(302, { location }).end()

  const form = new URLSearchParams(req.method === "POST" ? await text(req) : "")
  if (req.method === "POST") await verifyCsrf(form) // before anything else is done with a form

  switch (`${req.method} ${req.url?.split("?")[0]}`) {
    case "GET /":
      if (!(await getUser())) return show(`<p>Hello stranger. <a href="/account">Your account</a></p>`)
      return show(`<form method="post" action="/logout">${field(await getCsrfToken())}<button>Log out</button></form>`)
    case "GET /account": {
      const user = await requireUser() // anonymous visitors get the login page
      return res.end(`Hello ${user.username}.`)
    }
    case "GET /login":
      return show(loginPage(await getCsrfToken(), ""))
    case "POST /login": {
      const user = await authenticate({ username: form.get("username"), password: form.get("password") })
      if (!user) return show(loginPage(await getCsrfToken(), "Wrong user name or password."))
      await login(user)
      return redirect(redirectToNext("/").location)
    }
    case "POST /logout":
      await logout()
      return redirect("/")
    default:
      return show("<p>Not found.</p>", 404)
  }
})

export const server = createServer(handler).listen(3000)
