import { describe, expect, it } from "vitest"
import * as Form from "../../../../src/core/accounts/forms/account-form.ts"
import { clean } from "../../../../src/core/accounts/forms/form-field.ts"
import { english } from "../../../../src/core/accounts/texts/english.ts"
import { german } from "../../../../src/core/accounts/texts/german.ts"
import { chooseLanguage } from "../../../../src/core/accounts/texts/language.ts"
import { isMessageKey, placeholdersOf, textsOf } from "../../../../src/core/accounts/texts/messages.ts"
import {
  commonPassword,
  minimumLength,
  notEntirelyNumeric,
  type Problem,
  userAttributeSimilarity,
  validate
} from "../../../../src/core/password/validators.ts"
import { allMailNames, allPageNames } from "./sample-pages.ts"

const inEnglish = textsOf("en", english)
const inGerman = textsOf("de", german)

/** The field of each problem that belongs to one field. */
const fieldsOfProblems: Readonly<Record<string, string>> = {
  passwordMismatch: "new_password2",
  oldPasswordIncorrect: "old_password",
  passwordIncorrect: "password",
  usernameTaken: "username",
  addressTaken: "email",
  usernameInvalid: "username"
}

/** Every problem that the forms and the validators of latchkey find, with its field. */
const problems: ReadonlyArray<readonly [field: string, problem: Problem]> = [
  ...["x".repeat(255), "", "x\0", "x\ud800", 5].flatMap((value) => {
    const cleaned = clean({ name: "email", kind: "email", maximumLength: 254, autocomplete: "email" }, value)
    return cleaned._tag === "Refused" ? cleaned.problems.map((problem) => ["email", problem] as const) : []
  }),
  ["__all__", Form.invalidLogin()],
  ["__all__", Form.invalidLogin("email address")],
  ...Object.entries(Form).flatMap(([name, exported]) =>
    typeof exported === "object" && "code" in exported ? [[fieldsOfProblems[name] ?? "__all__", exported] as const] : []
  ),
  ...[
    validate([minimumLength(1), minimumLength(8)], ""),
    validate([notEntirelyNumeric(), commonPassword(["123"])], "123"),
    validate([userAttributeSimilarity()], "alice@shop.example", { email: "alice@shop.example" }),
    validate([userAttributeSimilarity()], "alice", { username: "alice" }),
    validate([userAttributeSimilarity()], "alice", { firstName: "alice" }),
    validate([userAttributeSimilarity()], "alice", { lastName: "alice" }),
    validate([], "x".repeat(5000)),
    validate([], "\ud800")
  ].flatMap((found) => found.map((problem) => ["password2", problem] as const))
]

describe("the texts", () => {
  it("have the same keys and the same values in every language", () => {
    const shape = (messages: object) =>
      Object.fromEntries(Object.entries(messages).map(([key, text]) => [key, [...placeholdersOf(text)].sort()]))
    expect(shape(german)).toEqual(shape(english))
  })

  it("are not empty, and not the English ones where they are German", () => {
    for (const [key, text] of Object.entries(german)) {
      expect(text.trim(), key).not.toBe("")
      const isSameInBoth = ["direction", "document.title", "problems.item"].includes(key)
      if (!isSameInBoth) expect(text, key).not.toBe(Object.entries(english).find(([name]) => name === key)?.[1])
    }
  })

  it("have a title for every page, and a subject and a text for every mail", () => {
    const needed = [
      ...allPageNames.map((name) => `${name}.title`),
      ...allMailNames.flatMap((name) => [`mail.${name}.subject`, `mail.${name}.text`])
    ]
    expect(needed.filter((key) => !isMessageKey(key))).toEqual([])
  })

  it("say of a problem in English what Django says", () => {
    expect(problems.length).toBeGreaterThan(20)
    for (const [field, problem] of problems) expect(inEnglish.problem(problem, field)).toBe(problem.message)
  })

  it("have a German text for every problem, without a gap", () => {
    for (const [field, problem] of problems) {
      expect(inGerman.problem(problem, field)).not.toBe(problem.message)
      expect(inGerman.problem(problem, field)).not.toMatch(/[{}]/)
    }
    expect(inGerman.problem(Form.invalidLogin("email address"), "__all__")).toMatch(/^E-Mail-Adresse oder Passwort ist/)
  })

  it("keep the message of a problem that they do not know, unless the application names its code", () => {
    const problem = { code: "no_spaces", message: "No {spaces}.", params: { spaces: "blanks" } }
    expect(inGerman.problem(problem, "password1")).toBe("No {spaces}.")
    const own = textsOf("de", { ...german, "problem.no_spaces": "Keine {spaces}." })
    expect(own.problem(problem, "password1")).toBe("Keine blanks.")
  })

  it("do not fill a value again that contains braces", () => {
    expect(inEnglish.text("problems.item", { field: "{problem}", problem: "{field}" })).toBe("{problem}: {field}")
    expect(inEnglish.text("document.title", { page: "$&", site: "$1" })).toBe("$& | $1")
  })

  it("fall back to English for a key that a language lacks", () => {
    const french = textsOf("fr", { "login.title": "Connexion" })
    expect([french.text("login.title"), french.text("login.button")]).toEqual(["Connexion", "Log in"])
  })
})

describe("chooseLanguage", () => {
  it.each([
    [undefined, "en"],
    ["", "en"],
    ["de", "de"],
    ["de-AT,en;q=0.5", "de"],
    ["DE", "de"],
    ["en-GB,en;q=0.9,de;q=0.8", "en"],
    ["fr, de;q=0.2, en;q=0.1", "de"],
    ["en;q=0.1,de;q=0.2", "de"],
    ["de;q=0,en;q=0.1", "en"],
    ["de;q=0", "en"],
    ["*", "en"],
    ["fr;q=1, *;q=0.5, de;q=0.1", "en"],
    ["pt", "pt-BR"],
    ["pt-PT", "en"],
    ["pt-br", "pt-BR"],
    ["de;q=2, en", "en"],
    ["d e, <script>, ;;;, de", "de"],
    ["deutsch", "en"],
    [`${"fr,".repeat(2000)}de`, "en"]
  ])("%j: %s", (header, language) => {
    expect(chooseLanguage(header, ["en", "de", "pt-BR"])).toBe(language)
  })
})
