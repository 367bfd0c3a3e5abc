/**
 * How many modules the import of an entry loads. Each costs time and memory when a process starts, a cold function of
 * a cloud provider too. Effect's `Schema` alone is half of Effect.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { modulesOf } from "./modules.ts"
import { root } from "./packed.ts"

const manifest: { readonly exports: Readonly<Record<string, string | { readonly default: string }>> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8")
)
const doors: ReadonlyMap<string, ReadonlyArray<string>> = new Map(
  Object.entries(manifest.exports).flatMap(([name, door]) =>
    typeof door === "string" ? [] : [[`latchkey${name.slice(1)}`, modulesOf(join(root, door.default))] as const]
  )
)
const isOfEffect = (url: string): boolean => url.includes("/node_modules/effect/")
const isSchema = (url: string): boolean => url.endsWith("/effect/dist/Schema.js")

/** Entries that have schemas of their own, or give users Effect's. */
const withSchemas = ["effect", "effect-http", "effect-http/accounts", "testing", "testing/fast-check"]

/** The most files of latchkey, and of Effect. Raise a number only if the entry needs the new modules at its start. */
const most: Readonly<Record<string, readonly [latchkey: number, effect: number]>> = {
  latchkey: [10, 67],
  "latchkey/node": [12, 15],
  "latchkey/koa": [12, 15],
  "latchkey/fetch": [12, 15],
  "latchkey/hono": [12, 15],
  "latchkey/next": [24, 15],
  "latchkey/next/reader": [13, 15],
  "latchkey/next/proxy": [4, 0],
  "latchkey/postgres": [12, 67],
  "latchkey/redis": [9, 65],
  "latchkey/memory": [9, 65],
  "latchkey/signed-cookies": [6, 65]
}

describe("importing an entry", () => {
  it("loads Effect's Schema only where schemas are", () => {
    const found = [...doors].filter(([, modules]) => modules.some(isSchema)).map(([name]) => name)
    expect(found).toEqual(withSchemas.map((name) => `latchkey/${name}`))
  })

  it.each(Object.entries(most))("%s loads few modules", (name, [latchkey, effect]) => {
    const modules = (doors.get(name) ?? []).filter((url) => url.startsWith("file:"))
    const effects = modules.filter(isOfEffect)
    expect(effects.length).toBeLessThanOrEqual(effect)
    expect(modules.length - effects.length).toBeLessThanOrEqual(latchkey)
    expect(modules.length).toBeGreaterThan(1)
  })

  it("does not import Node's http, for which Node would load all of fetch", () => {
    const imports = [...doors].filter(([, modules]) => modules.includes("node:http")).map(([name]) => name)
    expect(imports.filter((name) => !name.startsWith("latchkey/testing"))).toEqual([])
  })

  it.each(["latchkey/next/reader", "latchkey/next/proxy"])("%s loads nothing that writes a session", (name) => {
    const writes = (doors.get(name) ?? []).filter((url) => /create-auth|respond|login\.js|logout/.test(url))
    expect(writes).toEqual([])
  })
})
