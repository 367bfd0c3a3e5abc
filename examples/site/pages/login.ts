import type { Login } from "../config.ts"
import type { FormState } from "../forms/form-state.ts"
import { field, problemSummary, titleOf } from "./fields.ts"
import { type Html, html } from "./html.ts"
import { csrfInput, layout, type Visitor } from "./layout.ts"

export interface LoginPage {
  readonly visitor: Visitor
  readonly csrfToken: string
  /** The URL to open after the login, already checked to be safe; `undefined`: the profile. */
  readonly next: string | undefined
  /** A user that any visitor may log in as, and the password. */
  readonly demoUser: Login | undefined
  readonly form: FormState
}

export const loginPage = ({ csrfToken, demoUser, form, next, visitor }: LoginPage): Html =>
  layout({
    title: titleOf("Log in", form),
    path: "/accounts/login/",
    visitor,
    main: html`${problemSummary(form)}
      <h1>Log in</h1>
      ${
        visitor === undefined
          ? undefined
          : html`<p>You are logged in as <strong>${visitor.username}</strong>. You can log in as another user.</p>`
      }
      ${
        demoUser === undefined
          ? undefined
          : html`<p>This demo has a user <strong>${demoUser.username}</strong> with the password <strong>${demoUser.password}</strong>.</p>`
      }
      <form method="post" action="/accounts/login/" novalidate>
        ${csrfInput(csrfToken)}
        ${next === undefined ? undefined : html`<input type="hidden" name="next" value="${next}">`}
        ${field({ name: "username", label: "Username", type: "text", autocomplete: "username" }, form)}
        ${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password" }, form)}
        <button>Log in</button>
      </form>`
  })
