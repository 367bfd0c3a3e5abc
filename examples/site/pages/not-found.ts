import { type Html, html } from "./html.ts"
import { layout } from "./layout.ts"

export const notFoundPage = (): Html =>
  layout({
    title: "Page not found",
    path: "",
    visitor: undefined,
    main: html`<h1>Page not found</h1>
      <p>There is no page at this address. <a href="/">Go to the start page</a>.</p>`
  })
