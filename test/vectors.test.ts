/** Every answer of a real Django is in `vectors` and used by a test, or is listed there with the reason why not. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

/** All sections, each with the versions of Django that answer some of its rows differently from the newest one. */
const sections: Readonly<Record<string, ReadonlyArray<string>>> = {
  base62: [],
  base36: [],
  salted_hmac: [],
  signing: ["6.0.4", "4.2.21", "3.2.25"],
  encoding_helpers: [],
  session_codec: ["3.2.25"],
  session_legacy_codec: [], // only 3.2.25 has this codec
  session_expiry: ["3.2.25"],
  session_flags: ["6.0.4", "5.2.17", "4.2.21", "3.2.25"],
  session_keys: [],
  session_middleware: ["6.0.4", "4.2.21", "3.2.25"],
  signed_cookie_sessions: [],
  auth_hash: [],
  clean_credentials: [],
  password_reset_tokens: ["3.2.25"],
  password_hashes: ["5.2.17", "4.2.21", "3.2.25"],
  password_identify: ["4.2.21", "3.2.25"],
  password_check: [],
  password_defaults: ["6.1.1", "6.0.4", "5.2.17", "4.2.21", "3.2.25"],
  password_validators: [],
  names: [],
  csrf_mask: [],
  csrf_checks: ["3.2.25"],
  csrf_response: ["3.2.25"],
  url_verdicts: ["4.2.21", "3.2.25"],
  urlsplit: ["4.2.21", "3.2.25"],
  is_same_domain: [],
  redirects: [],
  cookie_parsing: [],
  vary: ["6.0.4", "5.2.17", "4.2.21", "3.2.25"],
  authentication_form: [],
  view_flows: ["4.2.21", "3.2.25"]
}

/** Sections that are kept in several files, each with the parts that are in them. */
const inFiles: Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>> = {
  view_flows: {
    view_guards: ["guards", "login_redirects"],
    get_user: [],
    permissions: [],
    view_flows: ["session_flow", "password_flow", "misc"]
  }
}

/** Sections that a script of this project made. */
const ofOurOwn = ["remote_user"]

const filesOf = (section: string): ReadonlyArray<string> => Object.keys(inFiles[section] ?? { [section]: [] })

const folder = join(import.meta.dirname, "vectors")
const read = (file: string) => JSON.parse(readFileSync(join(folder, `${file}.json`), "utf8"))
const present = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(".json", ""))

const versionOf = (from: string): string => /^django-([\d.]+)\//.exec(from)?.[1] ?? from

/** The rows of older versions that the files hold, as `section version`. */
const copied = Object.keys(sections).flatMap((section) =>
  filesOf(section)
    .filter((file) => present.includes(file))
    .flatMap((file) =>
      [read(file).older ?? []].flat().map(({ from }: { from: string }) => `${section} ${versionOf(from)}`)
    )
)

/** The rows of the table: section, version, what, why. */
const leftOut = [
  ...readFileSync(join(folder, "README.md"), "utf8").matchAll(/^\| `(\w+)` \| ([\d.]+) \| (.+) \| (.+) \|$/gm)
].map(([, section = "", version = "", what = "", why = ""]) => ({ section, version, what, why }))

describe("the vectors", () => {
  it("have a file for each section, and no other file", () => {
    const expected = [...Object.keys(sections).flatMap(filesOf), ...ofOurOwn]
    expect(present.toSorted()).toEqual(expected.toSorted())
    for (const parts of Object.values(inFiles))
      for (const [file, names] of Object.entries(parts))
        if (names.length > 0) expect([file, Object.keys(read(file).data)]).toEqual([file, names])
  })

  it("hold the rows of every older Django that differs, or say why not", () => {
    const named = leftOut.map(({ section, version }) => `${section} ${version}`)
    const differing = Object.entries(sections).flatMap(([section, versions]) =>
      versions.map((one) => `${section} ${one}`)
    )
    expect([...new Set([...copied, ...named.filter((one) => !one.endsWith(" 6.2"))])].toSorted()).toEqual(
      differing.toSorted()
    )
  })

  it("are each used by a test", () => {
    const root = import.meta.dirname
    const tests = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => readFileSync(join(root, name), "utf8"))
    const unused = present.filter((file) => !tests.some((text) => text.includes(`vectors/${file}.json" with`)))
    expect(unused).toEqual([])
  })

  it("are left out with one reason for each", () => {
    const lines = readFileSync(join(folder, "README.md"), "utf8").match(/^\| `/gm) ?? []
    expect(leftOut).toHaveLength(lines.length)
    for (const { section, what } of leftOut) expect([section, section in sections, what]).toEqual([section, true, what])
    const entries = leftOut.map(({ section, version, what }) => `${section} ${version} ${what}`)
    expect(new Set(entries).size).toBe(entries.length)
  })
})
