/** Forms of pages, as Server Actions: with JavaScript and without. */
import { withAuthAction } from "latchkey/next"
import { redirect } from "next/navigation"
import type { SiteContext } from "../../site/endpoints.ts"
import type { FormState, Submitted } from "../../site/forms/form-state.ts"
import { auth } from "./application.ts"

/** What `useActionState` takes: the browser goes on to another page, or its form is shown again. */
export type FormAction = (before: FormState, sent: FormData) => Promise<FormState>

/**
 * @param options the page of the form
 * @param submit does what was asked
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

/** Files that somebody sends in their place are no fields. */
const fieldsOf = (sent: FormData): URLSearchParams =>
  new URLSearchParams([...sent].filter((entry): entry is [string, string] => typeof entry[1] === "string"))
