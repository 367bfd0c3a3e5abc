import type { FormState } from "../forms/form-state.ts"
import { field, problemSummary, titleOf } from "./fields.ts"
import { type Html, html } from "./html.ts"
import { csrfInput, layout, type Visitor } from "./layout.ts"

export interface LoginPage {
  readonly visitor: Visitor
  readonly csrfToken: string
  /** Where to go afterwards, judged safe; `undefined`: the profile. */
  readonly next: string | undefined
  readonly form: FormState
}

export const loginPage = ({ csrfToken, form, next, visitor }: LoginPage): Html =>
  layout({
    title: titleOf("Log in", form),
    path: "/accounts/login/",
    visitor,
    main: html`${problemSummary(form)}
      <h1>Log in</h1>
      ${
        visitor === undefined
          ? undefined
          : html`<p>You are logged in as <strong>${visitor.username}</strong>. You can log in as somebody else.</p>`
      }
      <form method="post" action="/accounts/login/" novalidate>
        ${csrfInput(csrfToken)}
        ${next === undefined ? undefined : html`<input type="hidden" name="next" value="${next}">`}
        ${field({ name: "username", label: "Username", type: "text", autocomplete: "username" }, form)}
        ${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password" }, form)}
        <button>Log in</button>
      </form>`
  })
