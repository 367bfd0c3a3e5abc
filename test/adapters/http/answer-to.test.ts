/** The answers to failures, as the adapters give them. */
import { afterEach, describe, expect, it, vi } from "vitest"
import { CsrfFailed, Forbidden } from "../../../src/adapters/errors/errors.ts"
import { answerTo } from "../../../src/adapters/http/http-options.ts"

describe("the answer to a failure", () => {
  afterEach(() => vi.unstubAllEnvs())

  it("is latchkey's own if onError returns undefined", () => {
    const page = { status: 418, headers: {}, body: "a page" }
    const onError = (error: unknown) => (error instanceof Forbidden ? page : undefined)
    expect(answerTo(new Forbidden(), {}, { onError })).toEqual(page)
    expect(answerTo(new CsrfFailed({ reason: "a" }), {}, { onError })).toMatchObject({ status: 403 })
  })

  it("has the hint of a missing token in development only", () => {
    const failure = new CsrfFailed({ reason: "CSRF cookie not set.", hint: "Send the token." })
    const body = () => JSON.parse(answerTo(failure, {}, {}).body)
    expect(body()).toEqual({ error: "csrf", reason: "CSRF cookie not set.", hint: "Send the token." })
    vi.stubEnv("NODE_ENV", "production")
    expect(body()).toEqual({ error: "csrf", reason: "CSRF cookie not set." })
  })
})
