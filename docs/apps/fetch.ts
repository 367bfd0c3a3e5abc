import { withAuth } from "latchkey/fetch"
import { auth } from "./auth.ts"

const field = (token: string): string => `<input type="hidden" name="csrfmiddlewaretoken" value="${token}">`

const loginPage = (token: string, problem: string): string => `<form method="post">${field(token)}
  <p>${problem}</p>
  <input name="username"> <input name="password" type="password"> <button>Log in</button></form>`

const show = (html: string, status = 200): Response =>
  new Response(html, { status, headers: { "content-type": "text/html" } })

const redirect = (location: string): Response => new Response(null, { status: 302, headers: { location } })

/** The whole application: a request in, a response out. */
export const handler = withAuth(auth, async (request, context) => {
  const { authenticate, getCsrfToken, getUser, login, logout, redirectToNext, requireUser, verifyCsrf } = context
  /** The form of a POST, with its CSRF token checked. */
  const readForm = async (): Promise<FormData> => {
    const form = await request.formData()
    await verifyCsrf(form)
    return form
  }

  switch (`${request.method} ${new URL(request.url).pathname}`) {
    case "GET /":
      if (!(await getUser())) return show(`<p>Hello stranger. <a href="/account">Your account</a></p>`)
      return show(`<form method="post" action="/logout">${field(await getCsrfToken())}<button>Log out</button></form>`)
    case "GET /account": {
      const user = await requireUser() // anonymous visitors get the login page
      return new Response(`Hello ${user.username}.`)
    }
    case "GET /login":
      return show(loginPage(await getCsrfToken(), ""))
    case "POST /login": {
      const form = await readForm()
      const user = await authenticate({ username: form.get("username"), password: form.get("password") })
      if (!user) return show(loginPage(await getCsrfToken(), "Wrong user name or password."))
      await login(user)
      return redirect(redirectToNext("/").location)
    }
    case "POST /logout":
      await readForm()
      await logout()
      return redirect("/")
    default:
      return show("<p>Not found.</p>", 404)
  }
})
