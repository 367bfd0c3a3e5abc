import { createRequire } from "node:module"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import { hasFunction, loadPackage } from "../../../src/adapters/options/optional-package.ts"
import { type BareApplication, bareApplication } from "../../rig/bare-application.ts"

const require = createRequire(import.meta.url)

describe("a package that is optional", () => {
  const isLibrary = (loaded: unknown): loaded is { readonly hash: () => unknown } => hasFunction(loaded, "hash")
  const problem = (load: () => unknown): string => {
    try {
      loadPackage("bcrypt", "bcrypt", load, isLibrary)
    } catch (error) {
      if (error instanceof ConfigurationInvalid) return error.message
      throw error
    }
    return "none"
  }

  it("is handed out when it is what was expected", () => {
    expect(loadPackage("bcrypt", "bcrypt", () => require("bcrypt"), isLibrary)).toBe(require("bcrypt"))
  })

  it("is a problem of the configuration when it is missing, broken or something else", () => {
    expect(problem(() => require("latchkey-has-no-such-package"))).toMatch(
      /^bcrypt: the package bcrypt is not installed/
    )
    const broken = () => {
      throw new Error("no native binding")
    }
    expect(problem(broken)).toMatch(/^bcrypt: the package bcrypt is not built for this platform/)
    for (const other of [{}, { hash: 1 }, undefined, null, "hash"])
      expect(problem(() => other)).toMatch(/^bcrypt: the package bcrypt has a version that latchkey does not support/)
  })
})

describe("an application that has not installed it", () => {
  let application: BareApplication
  beforeAll(() => {
    application = bareApplication()
  })
  afterAll(() => application?.remove())

  it.each([
    ["argon2", "argon2", "@node-rs/argon2"],
    ["bcrypt", "bcrypt", "bcrypt"],
    ["bcrypt", "bcryptSha256", "bcrypt"]
  ])("can import the entry %s, and gets an error from %s if %s is missing", (door, hasher, name) => {
    const script = `
      const door = await import("./src/adapters/password/${door}.ts")
      try { door.${hasher}() } catch (error) { console.log(error._tag + ": " + error.message) }`
    expect(application.run(script)).toBe(
      `ConfigurationInvalid: ${hasher}: the package ${name} is not installed; install it beside latchkey\n`
    )
  })
})
