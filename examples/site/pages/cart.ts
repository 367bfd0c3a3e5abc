import type { FormState } from "../forms/form-state.ts"
import { field, problemSummary, titleOf } from "./fields.ts"
import { type Html, html } from "./html.ts"
import { csrfInput, layout, type Visitor } from "./layout.ts"

export interface CartPage {
  readonly visitor: Visitor
  readonly csrfToken: string
  readonly cart: ReadonlyArray<string>
  readonly form: FormState
}

export const cartPage = ({ cart, csrfToken, form, visitor }: CartPage): Html =>
  layout({
    title: titleOf("Your cart", form),
    path: "/cart/",
    visitor,
    main: html`${problemSummary(form)}
      <h1>Your cart</h1>
      ${
        cart.length === 0
          ? html`<p>It is empty.</p>`
          : html`<ul>
        ${cart.map((item) => html`<li>${item}</li>`)}
      </ul>`
      }
      ${visitor === undefined ? html`<p class="hint">You keep it when you log in.</p>` : undefined}
      <form method="post" action="/cart/" novalidate>
        ${csrfInput(csrfToken)}
        ${field({ name: "item", label: "Item", type: "text", autocomplete: "off" }, form)}
        <button>Add to cart</button>
      </form>`
  })
