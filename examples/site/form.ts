/** The fields of an HTML form. */
import type { SiteRequest } from "./request.ts"

export type Form = { readonly _tag: "Form"; readonly fields: URLSearchParams } | { readonly _tag: "TooLarge" }

/** Reads a URL-encoded form; for any other body there are no fields. */
export const readForm = async (request: SiteRequest): Promise<Form> => {
  const body = await request.body()
  if (body._tag === "TooLarge") return body
  const sent = body._tag === "Bytes" && request.isForm ? new TextDecoder().decode(body.bytes) : ""
  return { _tag: "Form", fields: new URLSearchParams(sent) }
}
