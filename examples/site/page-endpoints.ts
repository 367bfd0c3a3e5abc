/** The pages: each loads the data that it shows, and answers with HTML that no cache stores. */
import { CsrfFailed } from "latchkey"
import type { DjangoUser } from "latchkey/postgres"
import { type Answer, plain, redirect, tooLarge } from "./answer.ts"
import type { SiteAuth } from "./application.ts"
import type { Login } from "./config.ts"
import type { Endpoint, SiteContext } from "./endpoints.ts"
import { readForm } from "./form.ts"
import { cartOf, submitItem } from "./forms/cart.ts"
import { type FormState, type Submitted, untouched } from "./forms/form-state.ts"
import { submitLogin } from "./forms/login.ts"
import { noticeKey, passwordRules, submitPasswordChange } from "./forms/password-change.ts"
import { cartPage } from "./pages/cart.ts"
import { homePage } from "./pages/home.ts"
import type { Html } from "./pages/html.ts"
import type { Visitor } from "./pages/layout.ts"
import { loginPage } from "./pages/login.ts"
import { notFoundPage } from "./pages/not-found.ts"
import { outOfDatePage } from "./pages/out-of-date.ts"
import { passwordChangePage } from "./pages/password-change.ts"
import { profilePage } from "./pages/profile.ts"
import { style } from "./pages/style.ts"
import type { SiteRequest } from "./request.ts"

export const stylesheet: Endpoint = async () => ({
  status: 200,
  headers: { "content-type": "text/css; charset=utf-8", "cache-control": "max-age=300" },
  body: style
})

/** @param accountPages the path of the account pages that latchkey comes with, if the page links to them */
export const home =
  (accountPages: string | undefined): Endpoint =>
  async (context) =>
    page(200, homePage({ visitor: await visitorOf(context), cart: await cartOf(context.session), accountPages }))

/** A page for browsers, a line of text for other clients; no cache stores either. It reads neither session nor user. */
export const notFound = (request: SiteRequest): Answer => {
  const isBrowser = /\btext\/html\b/i.test(request.header("accept") ?? "")
  const answer = isBrowser ? page(404, notFoundPage()) : plain(404, "not found")
  return { ...answer, headers: { ...answer.headers, "cache-control": "no-store" } }
}

// ---- the cart ----------------------------------------------------------------------------------------------------

export const cart: Endpoint = (context) => showCart(context, untouched)

export const addToCart: Endpoint = (context, request) =>
  withForm(context, request, async (fields) =>
    submitted(await submitItem(context, fields), (form) => showCart(context, form))
  )

const showCart = async (context: SiteContext, form: FormState): Promise<Answer> =>
  page(
    200,
    cartPage({
      visitor: await visitorOf(context),
      csrfToken: await context.getCsrfToken(),
      cart: await cartOf(context.session),
      form
    })
  )

// ---- logging in and out ------------------------------------------------------------------------------------------

/** @param demoUser a user whose name and password the page shows */
export const login =
  (demoUser: Login | undefined): Endpoint =>
  (context) =>
    showLogin(context, demoUser, context.nextUrl(), untouched)

export const logIn =
  (demoUser: Login | undefined): Endpoint =>
  (context, request) =>
    withForm(context, request, async (fields) =>
      submitted(await submitLogin(context, fields), (form) =>
        showLogin(context, demoUser, context.nextUrl(fields), form)
      )
    )

const showLogin = async (
  context: SiteContext,
  demoUser: Login | undefined,
  next: string | undefined,
  form: FormState
): Promise<Answer> => {
  const [visitor, csrfToken] = [await visitorOf(context), await context.getCsrfToken()]
  return page(200, loginPage({ visitor, csrfToken, demoUser, next, form }))
}

export const logOut: Endpoint = (context, request) =>
  withForm(
    context,
    request,
    async (fields) => {
      await context.logout()
      return redirect(context.redirectToNext("/", fields).location)
    },
    "/"
  )

// ---- for users only ----------------------------------------------------------------------------------------------

export const profile: Endpoint = (context) =>
  withUser(context, async (user, visitor) => {
    const notice = await context.session.pop(noticeKey)
    return page(200, profilePage({ visitor, user, notice: typeof notice === "string" ? notice : undefined }))
  })

export const passwordChange: Endpoint = (context) =>
  withUser(context, (_user, visitor) => showPasswordChange(context, visitor, untouched))

export const changePassword =
  (auth: SiteAuth): Endpoint =>
  (context, request) =>
    withForm(context, request, (fields) =>
      withUser(context, async (user, visitor) =>
        submitted(await submitPasswordChange(auth, context, user, fields), (form) =>
          showPasswordChange(context, visitor, form)
        )
      )
    )

const showPasswordChange = async (
  context: SiteContext,
  visitor: NonNullable<Visitor>,
  form: FormState
): Promise<Answer> =>
  page(200, passwordChangePage({ visitor, csrfToken: await context.getCsrfToken(), rules: passwordRules, form }))

// ---- parts -------------------------------------------------------------------------------------------------------

/**
 * Reads a form and checks its CSRF token before anything else happens.
 *
 * @param formPath the path of the page with the form
 */
const withForm = async (
  { verifyCsrf }: SiteContext,
  request: SiteRequest,
  answer: (fields: URLSearchParams) => Promise<Answer>,
  formPath = request.path
): Promise<Answer> => {
  const form = await readForm(request)
  if (form._tag === "TooLarge") return tooLarge
  try {
    await verifyCsrf(form.fields)
  } catch (error) {
    if (error instanceof CsrfFailed) return page(403, outOfDatePage({ path: formPath }))
    throw error
  }
  return answer(form.fields)
}

const withUser = async (
  context: SiteContext,
  answer: (user: DjangoUser, visitor: NonNullable<Visitor>) => Promise<Answer>
): Promise<Answer> => {
  const user = await context.requireUser()
  return answer(user, await asVisitor(context, user))
}

const visitorOf = async (context: SiteContext): Promise<Visitor> => {
  const user = await context.getUser()
  return user === undefined ? undefined : asVisitor(context, user)
}

const asVisitor = async ({ getCsrfToken }: SiteContext, { username }: DjangoUser): Promise<NonNullable<Visitor>> => ({
  username,
  csrfToken: await getCsrfToken()
})

const submitted = async (result: Submitted, show: (form: FormState) => Promise<Answer>): Promise<Answer> =>
  result._tag === "Done" ? redirect(result.location) : show(result.form)

const page = (status: number, { text }: Html): Answer => ({
  status,
  headers: {
    "content-type": "text/html; charset=utf-8",
    // No cache stores a page, so after a logout the back button does not show it again.
    "cache-control": "max-age=0, no-cache, no-store, must-revalidate, private",
    "content-security-policy":
      "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff"
  },
  body: text
})
