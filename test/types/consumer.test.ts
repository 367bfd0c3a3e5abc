import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..", "..")

describe("an application's declarations", () => {
  it("compile against the built package and can be named", () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
    const compile = () =>
      execFileSync(process.execPath, [tsc, "-p", join(import.meta.dirname, "consumer")], {
        cwd: root,
        encoding: "utf8"
      })
    expect(compile()).toBe("")
    const declarations = readFileSync(join(root, ".latchkey", "types", "auth.d.ts"), "utf8")
    expect(declarations).toMatch(
      /export declare const auth: import\("latchkey"\)\.Auth<\{\s+readonly id: number;\s+readonly username: string;/
    )
    expect(declarations).not.toMatch(/\bany\b/)
  })
})
