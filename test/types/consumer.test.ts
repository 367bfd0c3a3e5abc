import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join, relative } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { tsc } from "./tsc.ts"

const root = join(import.meta.dirname, "..", "..")
const emitted = join(root, ".latchkey", "types")
const files = readdirSync(join(import.meta.dirname, "consumer")).filter((file) => file.endsWith(".ts"))

const { exports }: { readonly exports: Readonly<Record<string, string | { readonly default: string }>> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8")
)
const doors = Object.values(exports).flatMap((door) => (typeof door === "string" ? [] : [join(root, door.default)]))

describe("an application's declarations", () => {
  let said: string
  beforeAll(() => {
    rmSync(emitted, { recursive: true, force: true })
    said = tsc("-p", join(import.meta.dirname, "consumer"))
  })
  const declared = (file: string): string =>
    readFileSync(join(emitted, file.replace(/\.ts$/, ".d.ts")), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")

  it("compile against the built package", () => {
    expect(said).toBe("")
  })

  it("contain the types of the users and of the session data", () => {
    expect(declared("auth.ts")).toMatch(
      /export declare const auth: import\("latchkey"\)\.Auth<\{\s+readonly id: string;\s+readonly username: string;\s+readonly plan: "free" \| "paid";\s+\}, \{\s+readonly cart: /
    )
  })

  it.each(files)("use only public names, in %s", (file) => {
    expect(declared(file)).not.toMatch(/\bany\b/)
    // Inside the repository the public entries are paths of files; elsewhere they are names of the package.
    const rooms = Array.from(declared(file).matchAll(/"(\.\.\/[^"]+)"/g), ([, path = ""]) =>
      join(import.meta.dirname, "consumer", path)
    )
    expect(rooms.filter((room) => !doors.includes(room)).map((room) => relative(root, room))).toEqual([])
  })
})
