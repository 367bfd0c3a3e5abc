/** CONTRIBUTING.md, test/README.md and docs/architecture.md describe the repository as it is. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { adapterRooms, coreRooms } from "../rooms.ts"

const root = join(import.meta.dirname, "..", "..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")
const withoutBlocks = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "")

/** Texts in backticks. */
const codeIn = (text: string): ReadonlyArray<string> =>
  Array.from(withoutBlocks(text).matchAll(/`([^`]+)`/g), ([, code = ""]) => code)

/** The names in backticks in the first column of the tables under a heading cell. */
const firstColumn = (text: string, heading: string): ReadonlyArray<string> =>
  text
    .split(`| ${heading} |`)
    .slice(1)
    .flatMap((rest) => rest.slice(0, rest.indexOf("\n\n")).split("\n").slice(2))
    .flatMap((row) => codeIn(row.split("|")[1] ?? ""))

const sources = (): ReadonlyArray<string> =>
  ["src", "test/mutation", "test/rig"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => read(join(folder, file)))
  )

describe.each(["CONTRIBUTING.md", "test/README.md", "docs/architecture.md"])("%s", (document) => {
  it("names files and folders that exist", () => {
    const paths = codeIn(read(document)).filter((code) =>
      /^(src|test|docs|scripts|examples|bench|\.ci)(\/[\w.-]+)+\/?$/.test(code)
    )
    if (document !== "test/README.md") expect(paths.length).toBeGreaterThan(4)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it("names functions and types that exist", () => {
    const words = new Set(sources().flatMap((source) => source.match(/\w+/g) ?? []))
    const named = codeIn(read(document)).filter((code) => /^[a-z]+[A-Z]\w+$|^[A-Z][a-z]\w+$/.test(code))
    expect(named.filter((name) => !words.has(name))).toEqual([])
  })

  it("names scripts that package.json has", () => {
    const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read("package.json"))
    const named = Array.from(read(document).matchAll(/npm run ([\w:]+)/g), ([, name = ""]) => name)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

describe("CONTRIBUTING.md", () => {
  const contributing = read("CONTRIBUTING.md")

  it("describes every room", () => {
    const rooms = (all: object): ReadonlyArray<string> => Object.keys(all).filter((room) => !room.endsWith(".ts"))
    expect(firstColumn(contributing, "room of `src/core`")).toEqual(rooms(coreRooms))
    expect(firstColumn(contributing, "room of `src/adapters`").toSorted()).toEqual(rooms(adapterRooms).toSorted())
  })
})

describe("test/README.md", () => {
  it("describes every folder", () => {
    const named = firstColumn(read("test/README.md"), "folder or file")
    const folders = readdirSync(join(root, "test"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) =>
        name === "adapters"
          ? readdirSync(join(root, "test", name), { withFileTypes: true })
              .filter((entry) => entry.isDirectory())
              .map((entry) => `${name}/${entry.name}`)
          : [name]
      )
    expect(folders.filter((folder) => !named.includes(folder) && folder !== "vectors")).toEqual([])
    expect(named.filter((name) => !existsSync(join(root, "test", name)))).toEqual([])
  })
})
