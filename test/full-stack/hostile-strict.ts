/** A site that asks browsers for no token, is behind no proxy, and allows one host. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import headers from "../corpus/header.json" with { type: "json" }
import { expectStatus, type Recording } from "../corpus/recording.ts"
import type { ExampleOptions, ExampleProcess } from "../rig/example.ts"
import { sameSite, sameSiteStatuses } from "./hostile-clients.ts"
import type { Host } from "./site.ts"
import { ask, request } from "./wire.ts"

/** The settings of the example. */
export const strict: Pick<ExampleOptions, "env"> = {
  env: { AUTH_OPTIONS: '{"csrfMode":"fetch-metadata","allowedHosts":["example.com"]}' }
}

export const hostileStrict = (host: () => Host, start: () => Promise<ExampleProcess>, cases: Recording): void => {
  describe("a site with strict settings", () => {
    let example: ExampleProcess
    const send = (path: string, lines: ReadonlyArray<string>, body: string) =>
      ask(Number(new URL(example.url).port), request("POST", path, lines, body))
    beforeAll(async () => {
      await host().auth.createUser({ username: "reader", password: "x", email: "reader@example.org" })
      example = await start()
    }, 180_000)
    afterAll(() => example?.stop())

    cases.each("strict settings", sameSite)("a form from another page of the same site is refused ($id)", async () => {
      expect(await sameSiteStatuses(Number(new URL(example.url).port))).toEqual([403, 200])
    })

    /** Asks for the link that resets a password. */
    const asksForLink = (host: string) =>
      send(
        "/account/password_reset",
        [host, "Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded"],
        "email=reader@example.org"
      )

    it("a link that resets a password leads to its host", async () => {
      const { status } = await asksForLink("Host: example.com")
      expect(status).toBeLessThan(400)
      await expect.poll(example.output).toMatch(/http:\/\/example\.com\/account\/reset\//)
    })

    const hosts = headers.filter(({ input }) => input.startsWith("Host:"))
    cases.each("strict settings", hosts)(
      "a form for another host is refused, and no mail is sent: $input ($id)",
      async (row) => {
        const before = example.output().split("/account/reset/").length
        const { body, status } = await asksForLink(row.input)
        expect([status, body.includes("evil")]).toEqual([403, false])
        expectStatus("strict settings", row, status)
        expect([example.output().split("/account/reset/").length, example.output().includes("//evil")]).toEqual([
          before,
          false
        ])
      }
    )

    const ofProxies = headers.filter(({ id }) => id === "B371" || id === "B375")
    cases.each("strict settings", ofProxies)(
      "no header of a proxy changes the scheme: $input ($id)",
      async ({ input }) => {
        const post = async (...lines: ReadonlyArray<string>) => (await send("/protected", lines, "{}")).status
        // Without `Sec-Fetch-Site`, the origin decides, which has the scheme.
        expect(await post("Origin: http://example.com")).toBe(200)
        expect(await post("Origin: https://example.com")).toBe(403)
        expect(await post("Origin: http://example.com", input)).toBe(200)
        expect(await post("Origin: https://example.com", input)).toBe(403)
      }
    )
  })
}
