/** Forms where the endpoint takes JSON: none of them is read as credentials. */
import { gzipSync } from "node:zlib"
import { expect } from "vitest"
import forms from "../corpus/form.json" with { type: "json" }
import { expectStatus, type Recording } from "../corpus/recording.ts"
import type { Host } from "./site.ts"
import { ask, cookiesOf, request } from "./wire.ts"

export const hostileForms = (host: () => Host, cases: Recording): void => {
  // hostile-clients.ts sends the one that arrives slowly.
  const whole = forms.filter(({ id }) => id !== "B355")

  cases.each("site", whole)("a body of a form is refused: $expect ($id)", async (row) => {
    const { id, input } = row
    const body: Readonly<Record<string, string | Buffer>> = {
      B353: Array.from({ length: 100_000 }, (_, n) => `f${n}=1`).join("&"),
      B357: gzipSync(`{"a":"${"a".repeat(10_000_000)}"}`),
      B359: Buffer.from('\ufeff{"username":"alice","password":"x"}', "utf16le")
    }
    const type = input.startsWith("ct: ") ? input.slice(4) : "application/x-www-form-urlencoded"
    const lines = [`Content-Type: ${type}`, ...(id === "B357" ? ["Content-Encoding: gzip"] : [])]
    const reply = await ask(host().port, request("POST", "/login", lines, body[id] ?? input))
    expect(cookiesOf(reply)).toEqual([])
    if (id === "B353") expect([reply.status, reply.body]).toEqual([413, '{"error":"too large"}'])
    else
      expect([reply.status, JSON.parse(reply.body)]).toEqual([
        400,
        { error: "bad request", detail: expect.any(String) }
      ])
    expectStatus("site", row, reply.status)
  })
}
