/** A request that is refused for its CSRF token is probably a mistake of a developer: a warning says what to send. */
import { afterEach, expect, it, vi } from "vitest"
import { CsrfFailed } from "../../../../src/adapters/errors/errors.ts"
import { application } from "../site.ts"

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** What two refused requests of one application print. */
const warnings = async (options: Parameters<typeof application>[0], header: ReadonlyArray<[string, string]> = []) => {
  const { auth } = await application(options)
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {})
  warn.mockClear()
  for (let times = 0; times < 2; times++) {
    const request = auth.open({
      method: "POST",
      target: "/",
      headers: [["Host", "localhost"], ...header],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    })
    const entered = Promise.resolve(request.enter({ exempt: () => false, body: undefined, loginRequired: undefined }))
    await expect(entered).rejects.toBeInstanceOf(CsrfFailed)
  }
  return warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes("refused"))
}

it("says once what a request without a token lacks", async () => {
  const [said, ...more] = await warnings({})
  expect(said).toMatch(/^latchkey: a request was refused: CSRF cookie not set\. Send the token of getCsrfToken\(\)/)
  expect(more).toEqual([])
})

it("names the header and the cookie that the application has", async () => {
  const [named] = await warnings({ csrfHeaderName: "X-XSRF-Token", csrfCookie: { name: "XSRF-TOKEN" } })
  expect(named).toMatch(/in the header X-XSRF-Token, with the cookie .* or read the cookie XSRF-TOKEN before each/)
  for (const options of [{ csrfUseSessions: true }, { csrfCookie: { httpOnly: true } }]) {
    const [said] = await warnings(options)
    expect(said).toMatch(/in the header X-CSRFToken.* get a new one after it\. For clients/)
    expect(said?.includes("the cookie that came with it")).toBe(!("csrfUseSessions" in options))
  }
})

it("contains nothing of the request", async () => {
  const [said] = await warnings({}, [
    ["Cookie", "csrftoken=abcdefghijklmnopqrstuvwxyz012345"],
    ["X-CSRFToken", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"]
  ])
  expect(said).toContain("CSRF token from the 'X-Csrftoken' HTTP header incorrect.")
  expect(said).not.toMatch(/abcdefghij/i)
})

it("is not given for a request of another site, nor in production", async () => {
  expect(await warnings({}, [["Origin", "https://evil.example"]])).toEqual([])
  vi.stubEnv("NODE_ENV", "production")
  const secretKey = "kD3v9-of this test alone-Zq81mTx0uPw7LrYc5NbE2sHj"
  expect(await warnings({ secretKey, allowedHosts: ["localhost"] })).toEqual([])
})
