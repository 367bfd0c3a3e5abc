import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { hasFunction, loadPackage } from "../../../src/adapters/hasher/optional-package.ts"
import { ConfigurationInvalid } from "../../../src/adapters/interpreter/errors.ts"

const require = createRequire(import.meta.url)
const root = join(import.meta.dirname, "..", "..", "..")

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
      expect(problem(() => other)).toMatch(/^bcrypt: the package bcrypt is of another version/)
  })
})

describe("an application that has not installed it", () => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-"))
  beforeAll(() => {
    mkdirSync(join(folder, "node_modules"))
    symlinkSync(join(root, "node_modules", "effect"), join(folder, "node_modules", "effect"))
    cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
    cpSync(join(root, "package.json"), join(folder, "package.json"))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    ["argon2", "argon2", "@node-rs/argon2"],
    ["bcrypt", "bcrypt", "bcrypt"],
    ["bcrypt", "bcryptSha256", "bcrypt"]
  ])("opens the door %s, and hears from %s at start that %s is missing", (door, hasher, name) => {
    const script = `
      const door = await import("./src/adapters/hasher/${door}.ts")
      try { door.${hasher}() } catch (error) { console.log(error._tag + ": " + error.message) }`
    const said = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: folder,
      encoding: "utf8"
    })
    expect(said).toBe(
      `ConfigurationInvalid: ${hasher}: the package ${name} is not installed; install it beside latchkey\n`
    )
  })
})
