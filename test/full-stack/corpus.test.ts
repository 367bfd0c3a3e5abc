/** Every input of the corpus is used: which suites send it, by area, and on which examples. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const tests = join(import.meta.dirname, "..")
const text = (file: string): string => readFileSync(join(tests, file), "utf8")

interface Area {
  readonly inputs: number
  /** The files that use it. Those in `full-stack` send it to every example. */
  readonly usedBy: ReadonlyArray<string>
}

const areas: Readonly<Record<string, Area>> = {
  config: { inputs: 10, usedBy: ["adapters/api/options/bad-settings.test.ts"] },
  cookie: { inputs: 18, usedBy: ["full-stack/hostile-cookies.ts", "adapters/http/contract/requests.ts"] },
  csrf: {
    inputs: 24,
    usedBy: ["full-stack/hostile-accounts.ts", "full-stack/hostile-clients.ts", "core/csrf/check-request.test.ts"]
  },
  // Only over https: sent to three adapters in one process, since the examples bind no sessions.
  "device-bound": { inputs: 91, usedBy: ["faults/fuzz/device-input.test.ts"] },
  "encoded-hash": { inputs: 10, usedBy: ["full-stack/hostile-accounts.ts", "adapters/password/hostile.test.ts"] },
  form: {
    inputs: 18,
    usedBy: ["full-stack/hostile-forms.ts", "full-stack/hostile-account-forms.ts", "full-stack/hostile-clients.ts"]
  },
  header: {
    inputs: 13,
    usedBy: ["full-stack/hostile-cookies.ts", "full-stack/hostile-clients.ts", "adapters/http/contract/hosts.ts"]
  },
  next: { inputs: 59, usedBy: ["full-stack/hostile-accounts.ts", "core/pages/next-url.test.ts"] },
  password: { inputs: 7, usedBy: ["full-stack/hostile-accounts.ts", "adapters/password/hostile.test.ts"] },
  "reset-token": { inputs: 9, usedBy: ["full-stack/hostile-account-forms.ts", "core/accounts/reset-token.test.ts"] },
  "session-key": { inputs: 11, usedBy: ["full-stack/hostile-cookies.ts"] },
  "session-payload": { inputs: 31, usedBy: ["full-stack/hostile-rows.ts", "core/session/text/codec.test.ts"] },
  // Their clock stands still, which no example has.
  signed: { inputs: 19, usedBy: ["core/session/text/codec.test.ts"] },
  store: { inputs: 8, usedBy: [] },
  username: { inputs: 19, usedBy: ["full-stack/hostile-accounts.ts", "full-stack/hostile-account-forms.ts"] }
}

/** By their id: the file of the test, and words of it. */
const storeFaults: Readonly<Record<string, readonly [file: string, words: string]>> = {
  B477: ["full-stack/hostile-rows.ts", "a text with a NUL is stored and read"],
  B479: ["full-stack/hostile-rows.ts", "a key that is longer than the column is not stored"],
  B481: ["full-stack/hostile-rows.ts", "0001-01-01 BC"],
  B483: ["full-stack/hostile-rows.ts", "in the past ends the session"],
  B485: ["full-stack/hostile-rows.ts", "9007199254740993"],
  B487: ["adapters/store/redis/sessions.test.ts", "that Django pickled cannot be read"],
  B489: ["adapters/store/file/sessions.test.ts", "is never read from a link"],
  B491: ["adapters/store/file/sessions.test.ts", "may be an empty file"]
}

/** What the site does where an input of the corpus expects something else, or is sent in fewer ways, and why. */
const differences: Readonly<Record<string, string>> = {
  B201: "by default the token decides, as in Django; with `fetch-metadata` the form is refused",
  B349: "the address is a problem of the form, with the same answer for every address",
  B351: "the address is a problem of the form, with the same answer for every address",
  B353: "the bytes of a form are limited to 100,000, not the number of its fields",
  B355: "the test does not wait for the 5 minutes after which Node closes the connection",
  B357: "the encoding is not read: the bytes are read as they are, and nothing is unpacked",
  B359: "the charset is not read: every form is UTF-8, as browsers send it",
  B385: "Next.js closes the connection before the application sees the request",
  B435: "at a login this is a wrong password, with the same answer",
  B487: "only Redis keeps such a session: sent to its store alone",
  B489: "only for the store of files: sent to it alone",
  B491: "only for the store of files: sent to it alone"
}

const rowsOf = (area: string): ReadonlyArray<{ readonly id: string; readonly area: string }> =>
  JSON.parse(text(`corpus/${area}.json`))

describe("the corpus", () => {
  it("has every input once, in the file of its area", () => {
    expect(readdirSync(join(tests, "corpus")).sort()).toEqual(
      Object.keys(areas)
        .map((area) => `${area}.json`)
        .sort()
    )
    const ids = Object.entries(areas).flatMap(([area, { inputs }]) => {
      const rows = rowsOf(area)
      expect([area, rows.length, new Set(rows.map((row) => row.area))]).toEqual([area, inputs, new Set([area])])
      return rows.map(({ id }) => id)
    })
    const numbered = (letter: string, numbers: ReadonlyArray<number>) =>
      numbers.map((number) => `${letter}${String(number).padStart(3, "0")}`)
    // None is missing. Numbers with B are odd.
    expect(ids.sort()).toEqual([
      ...numbered(
        "B",
        Array.from({ length: 256 }, (_, n) => 2 * n + 1)
      ),
      ...numbered(
        "D",
        Array.from({ length: 91 }, (_, n) => n + 1)
      )
    ])
  })

  it.each(Object.entries(areas))("is used: %s", (area, { usedBy }) => {
    for (const file of usedBy) expect([file, text(file).includes(`corpus/${area}.json`)]).toEqual([file, true])
  })

  it("has each input whose answer differs", () => {
    const ids = new Set(Object.keys(areas).flatMap((area) => rowsOf(area).map(({ id }) => id)))
    expect(Object.keys(differences).filter((id) => !ids.has(id))).toEqual([])
  })

  it("has a test for each fault of a store", () => {
    expect(rowsOf("store").map(({ id }) => id)).toEqual(Object.keys(storeFaults))
    for (const [id, [file, words]] of Object.entries(storeFaults))
      expect([id, file, text(file).includes(words)]).toEqual([id, file, true])
  })

  it("is sent to every example: on Node, Koa and Next.js", () => {
    const suites = readdirSync(join(tests, "full-stack")).filter((name) => /^hostile-.*\.ts$/.test(name))
    // Targets and JSON bodies are not of the corpus; frameworks answer some of them before the application.
    const sent = suites.filter((name) => text(`full-stack/${name}`).includes("/corpus/"))
    for (const file of ["full-stack/bad-input.test.ts", "full-stack/bad-input-on-example.ts"])
      for (const name of sent) expect([file, name, text(file).includes(`./${name}`)]).toEqual([file, name, true])
    expect(text("full-stack/bad-input-koa.test.ts")).toContain("examples/koa/server.ts")
    expect(text("full-stack/bad-input-next.test.ts")).toContain("examples/next/server.ts")
  })
})
