/** An answer, whatever the framework makes of it. */
import type { Core } from "latchkey"

export interface Answer {
  readonly status: number
  /** By lower-case name, among them the Content-Type. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const json = (status: number, value: unknown): Answer => jsonText(status, JSON.stringify(value))

/** The same for what is JSON already. */
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

/** Carries out what a guard decided. */
export const guarded = async (decision: Core.Guards.Decision, answer: () => Promise<Answer>): Promise<Answer> => {
  switch (decision._tag) {
    case "Allowed":
      return answer()
    case "Redirect":
      return redirect(decision.location)
    case "Forbidden":
      return plain(403, "forbidden")
    case "BadRequest":
      return badRequest(decision.reason)
    default:
      return decision satisfies never
  }
}
