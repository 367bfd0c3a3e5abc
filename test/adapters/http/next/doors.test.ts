import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const dist = join(import.meta.dirname, "../../../../dist/adapters/http")
const read = (file: string): string => readFileSync(join(dist, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")

describe.each(["next", "next/reader", "next/proxy"])("latchkey/%s", (door) => {
  it("has types that need neither those of Next nor of React", () => {
    expect(read(`${door}.d.ts`)).not.toMatch(/["'](next|react)(\/|["'])/)
  })
})

describe("imports of Next", () => {
  it("name files, which Node also finds where a bundler leaves the import unchanged", () => {
    const imported = [
      "next.js",
      "next/reader.js",
      "next/proxy.js",
      "next/framework/scope.js",
      "next/framework/refresh.js"
    ].flatMap((file) => Array.from(read(file).matchAll(/from "((?:next|react)[^"]*)"/g), ([, specifier]) => specifier))
    expect([...new Set(imported)].sort()).toEqual([
      "next/cache.js",
      "next/headers.js",
      "next/navigation.js",
      "next/server.js",
      "react"
    ])
  })
})
