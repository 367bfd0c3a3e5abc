/** A name with a prefix such as `__Host-`, checked against the other settings: the same for every cookie of latchkey. */
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { memory, memoryThrottle } from "../../../../src/adapters/store/memory.ts"
import type { CookieOptions } from "../../../../src/core/http/cookies/cookie-settings.ts"

/** The options of an application in which one cookie has these options. */
const cookies = {
  sessionCookie: (cookie: CookieOptions) => ({ sessionCookie: cookie }),
  csrfCookie: (cookie: CookieOptions) => ({ csrfCookie: cookie }),
  "throttle.cookie": (cookie: CookieOptions) => ({ throttle: { store: memoryThrottle(), cookie } })
}

const problemsOf = (setting: keyof typeof cookies, cookie: CookieOptions): ReadonlyArray<string> => {
  const { sessions, users } = memory()
  try {
    createAuth({
      secretKey: "s",
      sessions,
      backends: { model: modelBackend(users) },
      allowedHosts: ["shop.example.com"],
      ...cookies[setting](cookie)
    })
    return []
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.problems
    throw error
  }
}

describe.each(["sessionCookie", "csrfCookie", "throttle.cookie"] as const)("%s", (setting) => {
  const httpOnly = setting !== "csrfCookie"

  it.each<[CookieOptions, ReadonlyArray<string>]>([
    [{ name: "__Host-a", secure: true }, []],
    [{ name: "__Host-a", secure: true, path: "/" }, []],
    [{ name: "__Host-a", secure: true, sameSite: "None", partitioned: true }, []],
    [{ name: "__Host-a" }, ["without secure: true"]],
    [{ name: "__Host-a", secure: false, path: "/" }, ["without secure: true"]],
    [{ name: "__Host-a", secure: true, path: "/shop/" }, ['without path: "/", and with a domain']],
    [{ name: "__Host-a", secure: true, domain: "example.com" }, ['without path: "/", and with a domain']],
    [{ name: "__host-a", path: "/shop/" }, ["without secure: true", 'without path: "/", and with a domain']],
    [{ name: "__Secure-a", secure: true, path: "/shop/", domain: "example.com" }, []],
    [{ name: "__Secure-a" }, ["without secure: true"]],
    [{ name: "__Http-a", secure: true, httpOnly: false }, ["without httpOnly: true"]],
    [{ name: "__Host-Http-a", secure: true, httpOnly: true }, []],
    [
      { name: "__Host-Http-a", httpOnly: false, domain: "example.com" },
      ["without secure: true", "without httpOnly: true", 'without path: "/", and with a domain']
    ],
    [{ name: "__Hostess-a", path: "/shop/", domain: "example.com" }, []]
  ])("with %j", (cookie, problems) => {
    expect(problemsOf(setting, cookie)).toEqual(
      problems.map((problem) => expect.stringMatching(new RegExp(`^${setting}\\.name: browsers refuse .* ${problem}$`)))
    )
  })

  it(`with a prefix that demands httpOnly, which is ${httpOnly} by default`, () => {
    expect(problemsOf(setting, { name: "__Http-a", secure: true })).toHaveLength(httpOnly ? 0 : 1)
  })
})

it("the cookie of known devices is checked with the secure of the session cookie, which it has by default", () => {
  const { sessions, users } = memory()
  const withSecure = (secure: boolean) => () =>
    createAuth({
      secretKey: "s",
      sessions,
      backends: { model: modelBackend(users) },
      sessionCookie: { secure },
      throttle: { store: memoryThrottle(), cookie: { name: "__Host-known" } }
    })
  expect(withSecure(true)).not.toThrow()
  expect(withSecure(false)).toThrow(
    "throttle.cookie.name: browsers refuse a cookie with the prefix __Host- without secure"
  )
})
