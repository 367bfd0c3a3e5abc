import { describe, expect, it } from "vitest"
import { CsrfFailed } from "../../../../src/adapters/errors/errors.ts"
import type { AccessRules } from "../../../../src/adapters/request/guards/check-access.ts"
import { application } from "../site.ts"

const SECRET = "abcdefghijklmnopqrstuvwxyz012345"
const FOREIGN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

/** The result for a form whose fields the handler has read, with this token in the header. */
const verified = async (inHeader: string | undefined, fields: Readonly<Record<string, string>>) => {
  const { auth } = await application()
  const request = auth.open({
    method: "POST",
    target: "/",
    headers: [
      ["Host", "localhost"],
      ["Cookie", `csrftoken=${SECRET}`],
      ["Content-Type", "application/x-www-form-urlencoded"],
      ...(inHeader === undefined ? [] : ([["X-CSRFToken", inHeader]] as const))
    ],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  await request.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
  return request.context.verifyCsrf(new URLSearchParams(fields)).then(
    () => "Passed",
    (error: unknown) => (error instanceof CsrfFailed ? error.reason : error)
  )
}

/** Whether a cross-site request reaches a handler that runs before its token is checked. */
const admittedFrom = async (origin: string, entry: Partial<AccessRules>, contentType: string): Promise<string> => {
  const { auth } = await application({ djangoVersion: "3.2" })
  const request = auth.open({
    method: "POST",
    target: "/",
    headers: [
      ["Host", "localhost"],
      ["Origin", origin],
      ["Content-Type", contentType]
    ],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  const admitted = request.enter({ exempt: () => false, body: undefined, loginRequired: undefined, ...entry })
  return Promise.resolve(admitted).then(
    () => "Admitted",
    (error: unknown) => (error instanceof CsrfFailed ? "Refused" : String(error))
  )
}

describe("beside a Django that ignores Origin, a handler that runs before its token is checked", () => {
  const form = "multipart/form-data; boundary=x"
  it.each(["https://evil.example", "null"])("is not reached from %s", async (origin) => {
    expect(await admittedFrom(origin, {}, form)).toBe("Refused")
    expect(await admittedFrom(origin, { tokenless: true }, "text/plain")).toBe("Refused")
  })
  it("is reached from the site's own pages", async () => {
    expect(await admittedFrom("http://localhost", {}, form)).toBe("Admitted")
    expect(await admittedFrom("http://localhost", { tokenless: true }, "text/plain")).toBe("Admitted")
  })
})

describe("the token of a form", () => {
  it("is read from the field, else from the header", async () => {
    expect(await verified(undefined, { csrfmiddlewaretoken: SECRET })).toBe("Passed")
    expect(await verified(SECRET, {})).toBe("Passed")
    expect(await verified(SECRET, { csrfmiddlewaretoken: "" })).toBe("Passed")
    expect(await verified(undefined, {})).toBe("CSRF token missing.")
  })
  it("in the field decides, right or wrong, and the header is ignored", async () => {
    expect(await verified(FOREIGN, { csrfmiddlewaretoken: SECRET })).toBe("Passed")
    expect(await verified(SECRET, { csrfmiddlewaretoken: FOREIGN })).toBe("CSRF token from POST incorrect.")
    expect(await verified(SECRET, { csrfmiddlewaretoken: "x" })).toBe("CSRF token from POST has incorrect length.")
  })
})
