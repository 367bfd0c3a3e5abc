import type { FormState } from "../forms/form-state.ts"
import { field, problemSummary, titleOf } from "./fields.ts"
import { type Html, html } from "./html.ts"
import { csrfInput, layout, type Visitor } from "./layout.ts"

export interface PasswordChangePage {
  readonly visitor: NonNullable<Visitor>
  readonly csrfToken: string
  readonly rules: ReadonlyArray<string>
  readonly form: FormState
}

export const passwordChangePage = ({ csrfToken, form, rules, visitor }: PasswordChangePage): Html =>
  layout({
    title: titleOf("Change your password", form),
    path: "/accounts/password_change/",
    visitor,
    main: html`${problemSummary(form)}
      <h1>Change your password</h1>
      <p>You stay logged in here. Your other sessions end.</p>
      <form method="post" action="/accounts/password_change/" novalidate>
        ${csrfInput(csrfToken)}
        <input type="text" autocomplete="username" value="${visitor.username}" readonly hidden>
        ${field({ name: "old_password", label: "Old password", type: "password", autocomplete: "current-password" }, form)}
        ${field(
          {
            name: "new_password1",
            label: "New password",
            type: "password",
            autocomplete: "new-password",
            hint: html`<ul>
            ${rules.map((rule) => html`<li>${rule}</li>`)}
          </ul>`
          },
          form
        )}
        ${field(
          { name: "new_password2", label: "New password, again", type: "password", autocomplete: "new-password" },
          form
        )}
        <button>Change password</button>
      </form>`
  })
