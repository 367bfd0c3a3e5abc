import { describe, expect, it } from "vitest"
import * as Secret from "../../../../src/core/csrf/csrf-secret.ts"
import type { djangoVersions } from "../../../../src/core/django-version.ts"
import { application, browser, logIn } from "../../request/site.ts"

const beside = (version: keyof typeof djangoVersions) => application({ djangoVersion: version })

describe("beside Django 3.2", () => {
  it("the CSRF cookie is the masked secret with a fixed mask; each token has a new mask", async () => {
    const visitor = browser(await beside("3.2"))
    const tokens: Array<string> = []
    const visit = () => visitor.visit(async ({ getCsrfToken }) => void tokens.push(await getCsrfToken()))
    await visit()
    const first = visitor.cookies.get("csrftoken") ?? ""
    await visit()
    expect(visitor.cookies.get("csrftoken")).toBe(first)
    expect(first).toMatch(/^[a-zA-Z0-9]{64}$/)
    expect(new Set([first, ...tokens]).size).toBe(3)
    expect(new Set([first, ...tokens].map((text) => Secret.unmask(text))).size).toBe(1)
    await visitor.visit(logIn())
    expect(Secret.unmask(visitor.cookies.get("csrftoken") ?? "")).not.toBe(Secret.unmask(first))
  })

  it("an unmasked cookie of a later Django is accepted, and is masked when it is used", async () => {
    const secret = "abcdefghijklmnopqrstuvwxyz012345"
    const app = await beside("3.2")
    const visitor = browser(app, new Map([["csrftoken", secret]]))
    expect((await visitor.visit(() => {})).cookies).toEqual([])
    await visitor.visit(({ getCsrfToken }) => getCsrfToken())
    const masked = visitor.cookies.get("csrftoken") ?? ""
    expect([masked.length, Secret.unmask(masked)]).toEqual([64, secret])

    const later = browser(await beside("5.2"), new Map([["csrftoken", masked]]))
    await later.visit(({ getCsrfToken }) => getCsrfToken())
    expect(later.cookies.get("csrftoken")).toBe(secret)
  })

  it("a session is written after a 503, and a login then counts as committed; after a 500 nothing is written", async () => {
    for (const [version, status, stored] of [
      ["3.2", 503, true],
      ["3.2", 500, false],
      ["4.1", 503, true],
      ["4.2", 503, false]
    ] as const) {
      const app = await beside(version)
      const heard: Array<string> = []
      app.auth.on("user_logged_in", ({ user }) => void heard.push(user.username), { when: "committed" })
      const visitor = browser(app)
      await visitor.visit(logIn(), status)
      expect([version, status, visitor.cookies.has("sessionid"), heard]).toEqual([
        version,
        status,
        stored,
        stored ? ["alice"] : []
      ])
    }
  })

  it("a session cannot expire at an instant, which Django could not read", async () => {
    for (const [version, reads] of [
      ["3.2", false],
      ["4.0", false],
      ["4.1", true]
    ] as const) {
      const visitor = browser(await beside(version))
      await visitor.visit(async ({ session }) => {
        const setting = session.setExpiry(new Date(Date.now() + 60_000))
        await (reads ? setting : expect(setting).rejects.toThrow(TypeError))
        await session.setExpiry(60)
      })
      expect(visitor.cookies.has("sessionid")).toBe(true)
    }
  })
})
