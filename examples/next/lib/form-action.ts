/** The forms of the pages as Server Actions, which work with and without JavaScript. */
import { withAuthAction } from "latchkey/next"
import { redirect } from "next/navigation"
import type { SiteContext } from "../../site/endpoints.ts"
import type { FormState, Submitted } from "../../site/forms/form-state.ts"
import { auth } from "./application.ts"

/** An action for `useActionState`: it redirects the browser to another page, or shows the form again. */
export type FormAction = (before: FormState, sent: FormData) => Promise<FormState>

/**
 * @param options the path of the page with the form
 * @param submit handles the submitted form
 */
export const formAction =
  (
    options: { readonly page: string },
    submit: (context: SiteContext, fields: URLSearchParams) => Promise<Submitted>
  ): FormAction =>
  async (_before, sent) => {
    const act = withAuthAction(auth(), submit, options)
    const submitted = await act(fieldsOf(sent))
    return submitted._tag === "Done" ? redirect(submitted.location) : submitted.form
  }

/** The text fields. A client may send a file instead of a text: it is ignored. */
const fieldsOf = (sent: FormData): URLSearchParams =>
  new URLSearchParams([...sent].filter((entry): entry is [string, string] => typeof entry[1] === "string"))
