/** Each public entry of the package loads what it needs, and nothing of the other entries. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { root } from "./packed.ts"
import { reachedFrom } from "./reached.ts"

const manifest: {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

const doors = Object.entries(manifest.exports).flatMap(([name, door]) =>
  typeof door === "string"
    ? []
    : [{ name: name.slice(2), code: join(root, door.default), types: join(root, door.types) }]
)

/** Packages besides `effect` that are loaded when an entry is imported. */
const runs: Readonly<Record<string, ReadonlyArray<string>>> = {
  argon2: ["@node-rs/argon2"],
  bcrypt: ["bcrypt"],
  "common-passwords": ["@zxcvbn-ts/language-common"],
  opentelemetry: ["@opentelemetry/api"],
  postgres: ["postgres"],
  redis: ["redis"],
  smtp: ["nodemailer"],
  next: ["next"],
  "next/account-actions": ["next", "react"],
  "next/account-form": ["react"],
  "next/accounts": ["next"],
  "next/reader": ["next", "react"],
  "testing/fast-check": ["fast-check"],
  "testing/next": ["next", "react", "react-dom"]
}

/** Packages besides `effect` that an entry's types need. Koa's are in `@types/koa`. */
const typed: Readonly<Record<string, ReadonlyArray<string>>> = {
  hono: ["hono"],
  "hono/accounts": ["hono"],
  koa: ["koa"],
  "koa/accounts": ["koa"],
  node: ["node:http", "node:http2"],
  "next/account-form": ["react"],
  "node/accounts": ["node:http", "node:http2"],
  postgres: ["node:tls", "postgres"],
  redis: ["node:tls"],
  smtp: ["node:tls"],
  testing: ["node:http"],
  "testing/fast-check": ["fast-check"]
}

/** Entries for runtimes without Node's own modules. */
const nodeless = ["next/proxy"]

const isOfNode = (name: string): boolean => name.startsWith("node:")
/** Not one of the packages that are installed with latchkey. */
const isForeign = (name: string): boolean => !["effect", "jose"].includes(name)

describe("the entries of the package", () => {
  it("are more than twelve", () => {
    expect(doors.length).toBeGreaterThan(12)
  })

  it.each(doors)("latchkey/$name loads only its own framework or driver", ({ code, name }) => {
    const loaded = reachedFrom(code).filter((reached) => isForeign(reached) && !isOfNode(reached))
    expect(loaded).toEqual(runs[name] ?? [])
  })

  it.each(doors)("latchkey/$name uses only types of its own packages", ({ name, types }) => {
    expect(reachedFrom(types).filter(isForeign)).toEqual(typed[name] ?? [])
  })

  it.each(doors.filter(({ name }) => nodeless.includes(name)))("latchkey/$name needs none of Node's modules", ({
    code
  }) => {
    expect(reachedFrom(code).filter(isOfNode)).toEqual([])
  })

  it("import only packages that the manifest names: strict package managers hide all others", () => {
    const asked = doors.flatMap(({ code, types }) => [...reachedFrom(code), ...reachedFrom(types)])
    const named = { ...manifest.dependencies, ...manifest.peerDependencies }
    expect([...new Set(asked)].filter((name) => !isOfNode(name) && !(name in named))).toEqual([])
  })

  it("leave the choice of frameworks and drivers to the application", () => {
    expect(Object.keys(manifest.peerDependenciesMeta).sort()).toEqual(Object.keys(manifest.peerDependencies).sort())
    expect(Object.values(manifest.peerDependenciesMeta).filter(({ optional }) => !optional)).toEqual([])
    expect(Object.keys(manifest.dependencies)).toEqual(["effect", "jose"])
  })
})

describe("what a file loads", () => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-doors-"))
  afterAll(() => rmSync(folder, { recursive: true }))

  const reached = (files: Readonly<Record<string, string>>) => {
    const [first = ""] = Object.keys(files)
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return reachedFrom(join(folder, first))
  }

  it("is found for every form of import", () => {
    expect(reached({ "a.js": 'import * as Koa from "koa"\nKoa' })).toEqual(["koa"])
    expect(reached({ "a.js": 'import "koa/lib/context.js"' })).toEqual(["koa"])
    expect(reached({ "a.js": 'export {\n  one,\n  two\n} from "@koa/router/sub"' })).toEqual(["@koa/router"])
    expect(reached({ "a.js": 'const koa = await import("koa")' })).toEqual(["koa"])
    expect(reached({ "a.js": 'const koa = require("koa")' })).toEqual(["koa"])
    expect(reached({ "a.js": 'import { createServer } from "http"' })).toEqual(["node:http"])
    expect(reached({ "a.d.ts": 'import type { Context } from "koa"' })).toEqual(["koa"])
    expect(reached({ "a.d.ts": 'export declare const a: import("koa").Context' })).toEqual(["koa"])
    expect(reached({ "a.d.ts": '/// <reference types="react" />\nexport {}' })).toEqual(["react"])
    expect(reached({ "a.d.ts": 'declare module "express" {}' })).toEqual(["express"])
  })

  it("is found through the package's own files, and in import cycles", () => {
    expect(
      reached({
        "a.js": 'import "./rooms/b.js"',
        "rooms/b.js": 'const later = () => import("./c.js")',
        "rooms/c.js": 'import "../a.js"\nimport "koa"'
      })
    ).toEqual(["koa"])
    expect(
      reached({ "a.d.ts": 'export * from "./rooms/b.ts"', "rooms/b.d.ts": 'import type { Next } from "koa"' })
    ).toEqual(["koa"])
  })

  it("does not include texts that look like imports", () => {
    const texts = '`a law: \\nimport "koa"`, \'require("express")\', "SELECT * FROM \'hono\'"'
    expect(reached({ "a.js": `check(${texts})\nimport "effect"` })).toEqual(["effect"])
    expect(reached({ "a.js": 'check(options, ["from", "url"])\nimport "koa"' })).toEqual(["koa"])
  })

  it("does not include names in comments", () => {
    const comment = '/**\n * import Koa from "koa"\n */\n'
    expect(reached({ "a.js": `${comment}// import("koa")\nimport "effect/Effect"` })).toEqual(["effect"])
  })

  it("is an error when a file is missing", () => {
    expect(() => reached({ "a.js": 'import "./nowhere.js"' })).toThrow("nowhere.js")
    expect(() => reached({ "a.d.ts": 'import "./nowhere.ts"' })).toThrow("nowhere.d.ts")
  })
})
