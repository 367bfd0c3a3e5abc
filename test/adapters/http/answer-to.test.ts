/** The answers to failures, as the adapters give them. */
import { describe, expect, it } from "vitest"
import { CsrfFailed, Forbidden } from "../../../src/adapters/errors/errors.ts"
import { answerTo } from "../../../src/adapters/http/http-options.ts"

describe("the answer to a failure", () => {
  it("is latchkey's own if onError returns undefined", () => {
    const page = { status: 418, headers: {}, body: "a page" }
    const onError = (error: unknown) => (error instanceof Forbidden ? page : undefined)
    expect(answerTo(new Forbidden(), {}, { onError })).toEqual(page)
    expect(answerTo(new CsrfFailed({ reason: "a" }), {}, { onError })).toMatchObject({ status: 403 })
  })
})
