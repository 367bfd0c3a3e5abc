import { type Html, html } from "./html.ts"
import { layout } from "./layout.ts"

export interface OutOfDatePage {
  /** The form's page. */
  readonly path: string
}

/** For a form without a valid CSRF token: most often from before a login or a logout in another tab. */
export const outOfDatePage = ({ path }: OutOfDatePage): Html =>
  layout({
    title: "This form is out of date",
    path,
    visitor: undefined,
    main: html`<h1>This form is out of date</h1>
      <p>Nothing was changed. <a href="${path}">Open the page again</a> and send the form once more.</p>`
  })
