/** Every name that users can import has a docstring, and so has each of its members. The types that it uses are exported. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type PublicApi, type PublicName, publicApi } from "./public-api.ts"

const root = join(import.meta.dirname, "..", "..")

/** The source of each entry: `dist/adapters/http/node.js` is made from `src/adapters/http/node.ts`. */
const entries = (): Readonly<Record<string, string>> => {
  const { exports, name }: { readonly name: string; readonly exports: Readonly<Record<string, unknown>> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8")
  )
  return Object.fromEntries(
    Object.entries(exports).flatMap(([entry, door]) => {
      const built: unknown = Object(door).default
      return typeof built === "string"
        ? [[`${name}${entry.slice(1)}`, built.replace("./dist/", "src/").replace(/\.js$/, ".ts")]]
        : []
    })
  )
}

const undocumented = (names: ReadonlyArray<PublicName>): ReadonlyArray<string> =>
  names.filter(({ hasDocstring }) => !hasDocstring).map(({ name, place }) => `${name} (${place})`)

/** Names for types that are short only inside their file, and types of React; the reference shows the types themselves. */
const shortNames = ["HeadersInit", "ReactElement", "ReactNode", "Request", "Response", "WithCallback", "WithServer"]

describe("the public API", () => {
  let api: PublicApi
  beforeAll(() => {
    api = publicApi(join(root, "tsconfig.build.json"), entries())
  })

  it("is found", () => {
    expect(Object.keys(entries()).length).toBeGreaterThan(15)
    expect(api.names.length).toBeGreaterThan(800)
    for (const entry of Object.keys(entries()))
      expect(api.names).toContainEqual(expect.objectContaining({ name: expect.stringContaining(`${entry}: `) }))
  })

  it("has a docstring for every export and every member", () => {
    expect(undocumented(api.names)).toEqual([])
  })

  it("exports every type that an exported name uses", () => {
    expect(api.hidden.filter((use) => !shortNames.some((name) => use.includes(` uses ${name} (`)))).toEqual([])
  })
})

describe("the check", () => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-docstrings-"))
  afterAll(() => rmSync(folder, { recursive: true }))

  const read = (source: string): PublicApi => {
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ files: ["entry.ts"], compilerOptions: { noLib: true } })
    )
    writeFileSync(join(folder, "other.ts"), "export const inner = 1\n")
    writeFileSync(join(folder, "hidden.ts"), "export interface Hidden { b: 1 }")
    writeFileSync(join(folder, "entry.ts"), source)
    return publicApi(join(folder, "tsconfig.json"), { entry: "entry.ts" })
  }

  it.each([
    ["a constant", "export const a = 1", ["entry: a (entry.ts:1)"]],
    ["a function with tags only", "/** @returns 1 */\nexport function a() { return 1 }", ["entry: a (entry.ts:2)"]],
    [
      "a member of an interface",
      "/** An a. */\nexport interface A {\n  readonly b: string\n}",
      ["entry: A.b (entry.ts:3)"]
    ],
    ["a method", "/** An a. */\nexport interface A { b(): void }", ["entry: A.b (entry.ts:2)"]],
    ["a member of a class", "/** An a. */\nexport class A { b = 1; #c = 1 }", ["entry: A.b (entry.ts:2)"]],
    [
      "a field in the type argument of a base class",
      "declare class Base<A> { base: A }\n/** An a. */\nexport class A extends Base<{ b: 1 }> {}",
      ["entry: A.b (entry.ts:3)"]
    ],
    [
      "a member of a nested object",
      "/** An a. */\nexport interface A {\n  /** A b. */\n  b?: { c: 1 }\n}",
      ["entry: A.b.c (entry.ts:4)"]
    ],
    [
      "a variant of a union",
      "/** An a. */\nexport type A =\n  /** A. */ | { b: 1 } | { c: 2 }",
      ["entry: A.c (entry.ts:3)"]
    ],
    ["an export of a namespace", 'export * as Other from "./other.ts"', ["entry: Other.inner (other.ts:1)"]],
    ["a name from another file", 'export { inner as outer } from "./other.ts"', ["entry: outer (other.ts:1)"]]
  ])("reports a name without a docstring: %s", (_, source, names) => {
    expect(undocumented(read(source).names)).toEqual(names)
  })

  it("needs no docstring for tags of unions, overridden members, computed names and parameters", () => {
    const source = [
      "declare const brand: unique symbol",
      "declare class Base { name: string }",
      "/** An a. */",
      'export class A extends Base { readonly _tag = "A"; override name = "a"; [brand] = 1 }',
      "/** A b. */",
      "export const b = (options: { c: string }): { d: string } => ({ d: options.c })",
      "/** A text. */",
      "export type Text = string & { [brand]: 1 }"
    ].join("\n")
    expect(undocumented(read(source).names)).toEqual([])
  })

  it.each([
    ["a member", "export interface A { b: Hidden }"],
    ["the parameter of a function", "export const a = (b: Hidden): void => {}"],
    ["the result of a function", "export function a(): Hidden { return { b: 1 } }"],
    ["a type argument", "export type A = Array<Hidden>"]
  ])("reports a type that is not exported: %s", (_, source) => {
    expect(read(`import type { Hidden } from "./hidden.ts"\n${source}`).hidden).toEqual([
      expect.stringMatching(/^entry: [Aa] uses Hidden \(hidden\.ts:1\)$/)
    ])
  })

  it("reports no type of a body, a private member or a base interface, and no type that is exported", () => {
    const source = `import type { Hidden } from "./hidden.ts"
      export const a = <B>(b: B): B => { const c: Hidden = { b: 1 }; return b }
      export class A { #b: Hidden | undefined }
      export interface Seen extends Hidden { c: A }`
    expect(read(source).hidden).toEqual([])
    expect(
      read('export interface A { b: Hidden }\nimport type { Hidden } from "./hidden.ts"\nexport type { Hidden }').hidden
    ).toEqual([])
  })
})
