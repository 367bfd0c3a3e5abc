import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { commonPasswords } from "../../../src/adapters/password/common-passwords.ts"
import { commonPassword, validate } from "../../../src/core/password/validators.ts"
import { type BareApplication, bareApplication } from "../../rig/bare-application.ts"

describe("the list of common passwords", () => {
  it("is long, and begins with the commonest", () => {
    const list = commonPasswords()
    expect(list.length).toBeGreaterThan(40_000)
    expect(list.slice(0, 2)).toEqual(["123456", "password"])
  })

  it("refuses common passwords in upper and lower case, and accepts the others", () => {
    const validators = [commonPassword(commonPasswords())]
    const codes = (password: string) => validate(validators, password).map(({ code }) => code)
    for (const common of ["password", " PassWord\n", "qwertyuiop", "iloveyou", "123456789"])
      expect(codes(common), common).toEqual(["password_too_common"])
    for (const rare of ["correct horse battery staple", "Grüße aus 世界", ""]) expect(codes(rare), rare).toEqual([])
  })
})

describe("an application without the package of common passwords", () => {
  let application: BareApplication
  const said = (): string =>
    application.run(`
      const { commonPasswords } = await import("./src/adapters/password/common-passwords.ts")
      try { commonPasswords() } catch (error) { console.log(error._tag + ": " + error.message) }`)
  beforeAll(() => {
    application = bareApplication()
  })
  afterAll(() => application?.remove())

  it("can import the entry without the package, and gets an error when it calls commonPasswords", () => {
    expect(said()).toBe(
      "ConfigurationInvalid: commonPasswords: the package @zxcvbn-ts/language-common is not installed; " +
        "install it beside latchkey\n"
    )
  })

  it.each([
    "{}",
    "{ dictionary: null }",
    '{ dictionary: { "passwords-common": [] } }',
    '{ dictionary: { "passwords-common": "password" } }',
    '{ dictionary: { "passwords-common": [1] } }',
    '{ dictionary: { passwords: ["password"] } }'
  ])("gets an error if the package has another content: %s", (contents) => {
    const other = join(application.folder, "node_modules", "@zxcvbn-ts", "language-common")
    mkdirSync(other, { recursive: true })
    writeFileSync(join(other, "index.js"), `module.exports = ${contents}`)
    expect(said()).toMatch(/@zxcvbn-ts\/language-common has a version that latchkey does not support/)
  })
})
