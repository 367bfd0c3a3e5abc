/** The parts of a form: a summary of its problems, and fields that repeat their problems. */
import type { FormState } from "../forms/form-state.ts"
import { type Html, html } from "./html.ts"

export interface Field {
  readonly name: string
  readonly label: string
  readonly type: "text" | "password"
  readonly autocomplete: string
  readonly hint?: Html
}

/** A label and an input with its hint and problems, which are linked to the input so that screen readers read them. */
export const field = ({ autocomplete, hint, label, name, type }: Field, { problems, values }: FormState): Html => {
  const messages = problems.filter((problem) => problem.field === name)
  const describedBy = [
    ...(hint === undefined ? [] : [`${name}-hint`]),
    ...(messages.length === 0 ? [] : [`${name}-problems`])
  ].join(" ")
  return html`<div class="field">
          <label for="${name}">${label}</label>
          ${hint === undefined ? undefined : html`<div class="hint" id="${name}-hint">${hint}</div>`}
          ${
            messages.length === 0
              ? undefined
              : html`<ul class="problems" id="${name}-problems">
            ${messages.map(({ message }) => html`<li>${message}</li>`)}
          </ul>`
          }
          <input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required${
            values[name] === undefined ? undefined : html` value="${values[name]}"`
          }${describedBy === "" ? undefined : html` aria-describedby="${describedBy}"`}${
            messages.length === 0 ? undefined : html` aria-invalid="true"`
          }${type === "text" ? html` autocapitalize="none" spellcheck="false"` : undefined}>
        </div>`
}

/** The list of problems, first on the page and focused; each problem links to its field. */
export const problemSummary = ({ problems }: FormState): Html | undefined =>
  problems.length === 0
    ? undefined
    : html`<section class="summary" aria-labelledby="summary-title" tabindex="-1" autofocus>
        <h2 id="summary-title">That did not work</h2>
        <ul>
          ${problems.map(
            ({ field, message }) =>
              html`<li>${field === undefined ? message : html`<a href="#${field}">${message}</a>`}</li>`
          )}
        </ul>
      </section>`

/** A page's title, which a screen reader reads first. */
export const titleOf = (title: string, { problems }: FormState): string =>
  problems.length === 0 ? title : `Problem: ${title}`
