/** An HTTP response, independent of the framework. */
export interface Answer {
  readonly status: number
  /** By lower-case name; includes the Content-Type. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const json = (status: number, value: unknown): Answer => jsonText(status, JSON.stringify(value))

/** The same, for a body that is already JSON text. */
export const jsonText = (status: number, body: string): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body
})

export const plain = (status: number, body: string): Answer => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body
})

export const redirect = (location: string): Answer => ({ status: 302, headers: { location }, body: "" })

export const badRequest = (detail: string): Answer => json(400, { error: "bad request", detail })

export const tooLarge: Answer = json(413, { error: "too large" })

export const methodNotAllowed = (allowed: ReadonlyArray<string>): Answer => {
  const answer = plain(405, "method not allowed")
  return { ...answer, headers: { ...answer.headers, allow: allowed.join(", ") } }
}
