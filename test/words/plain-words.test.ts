/** Comments, docstrings, test titles, messages and pages are written in plain words (see `plain.ts`). */
import { describe, expect, it } from "vitest"
import { complaintsOf } from "./plain.ts"
import { proseFiles, proseOf } from "./prose.ts"

/** Files that may break the rules, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  "test/words/plain-words.test.ts": "holds texts that the check must detect"
}

const complaints = (file: string, source?: string): ReadonlyArray<string> => proseOf(file, source).flatMap(complaintsOf)

describe("the project's texts", () => {
  const files = proseFiles()

  it("are read in code, tests, documentation, examples and scripts", () => {
    for (const part of [
      "src/",
      "test/",
      "docs/",
      "examples/",
      "bench/",
      "scripts/",
      ".ci/run",
      "README.md",
      "CHANGELOG.md"
    ])
      expect(files.filter((file) => file.startsWith(part)).length, part).toBeGreaterThan(0)
    expect(files.length).toBeGreaterThan(500)
    expect(proseOf("src/index.ts").length).toBeGreaterThan(0)
  })

  it("are in plain words", () => {
    expect(files.filter((file) => !(file in exceptions)).flatMap((file) => complaints(file))).toEqual([])
  })

  it("have only the exceptions that they need", () => {
    for (const file of Object.keys(exceptions)) expect([file, complaints(file)]).not.toEqual([file, []])
  })
})

describe("the check of a text", () => {
  it.each([
    ["a comment", "a.ts", "let a = 1 // whoever asks"],
    ["a docstring", "a.ts", "/**\n * Ends the session.\n * Called by whoever asks.\n */\nexport const a = 1"],
    ["a message", "a.ts", 'throw new Error("whoever asks")'],
    ["a template", "a.ts", "const message = `whoever asks`"],
    ["a test title", "a.test.ts", 'it.each(rows)("whoever", () => {})'],
    ["text in JSX", "a.tsx", "const a = <p>whoever asks</p>"],
    ["a page", "a.md", "whoever asks"],
    ["a script", "a.sh", "# whoever asks"]
  ])("reads %s", (_, file, source) => {
    expect(complaints(file, source)).toEqual([
      expect.stringMatching(new RegExp(`^${file}:\\d: "whoever": write name who it is`))
    ])
  })

  it("names the line", () => {
    const source = ["/**", " * Ends the session.", " * Called by whoever asks.", " */", "export const a = 1"].join("\n")
    expect(complaints("a.ts", source)[0]).toMatch(/^a\.ts:3: /)
    expect(complaints("a.md", "plain\nwhoever")[0]).toMatch(/^a\.md:2: /)
  })

  it.each([
    ["a string of one word, which is a value", "a.ts", 'const name = "nobody"'],
    ["code in backticks", "a.md", "`nobody` is a name"],
    ["the name of a function", "a.ts", "// return nobody(request)"],
    ["an address", "a.md", "write to nobody@example.com"],
    ["an identifier", "a.ts", "const nobody = forsaken"]
  ])("leaves %s", (_, file, source) => {
    expect(complaints(file, source)).toEqual([])
  })

  it("refuses a law's number in a test title, and nowhere else", () => {
    expect(complaints("a.test.ts", 'it("L34: makes no row", () => {})')).toHaveLength(1)
    expect(complaints("a.test.ts", 'states("L34", "makes no row", law)')).toHaveLength(1)
    expect(complaints("a.test.ts", 'it("reads SHA1, UTF-8 and HTTP2", () => {})')).toEqual([])
    expect(complaints("a.ts", "// the character U+0130 and key F5")).toEqual([])
  })
})
