import { type Html, html } from "./html.ts"
import { layout } from "./layout.ts"

export interface OutOfDatePage {
  /** The path of the page with the form. */
  readonly path: string
}

/** Shown when a form has no valid CSRF token: usually because of a login or logout in another tab. */
export const outOfDatePage = ({ path }: OutOfDatePage): Html =>
  layout({
    title: "This form is out of date",
    path,
    visitor: undefined,
    main: html`<h1>This form is out of date</h1>
      <p>Nothing was changed. <a href="${path}">Open the page again</a> and send the form once more.</p>`
  })
