/** The README's code, compiled as a user's application compiles it: strictly, against the built package. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { tsc } from "../types/tsc.ts"
import { type Application, applications } from "./readme/preludes.ts"

const root = join(import.meta.dirname, "..", "..")
const pasted = join(root, ".latchkey", "readme")
const readme = readFileSync(join(root, "README.md"), "utf8")

interface Block {
  /** The file name under which it is compiled. */
  readonly file: string
  readonly heading: string
  /** Its index under its heading, counted from 0. */
  readonly index: number
  /** The line of its fence, counted from 1. */
  readonly line: number
  readonly text: string
}

const slug = (heading: string): string => heading.toLowerCase().replace(/[^a-z0-9]+/g, "-")

const blocks: ReadonlyArray<Block> = (() => {
  const found: Array<Block> = []
  let heading = ""
  for (const part of readme.matchAll(/^#+ (.+)$|^```(.*)\n([\s\S]*?)^```$/gm)) {
    const [, title, kind, text = ""] = part
    heading = title ?? heading
    if (kind !== "ts" && kind !== "tsx") continue
    const index = found.filter((block) => block.heading === heading).length
    const line = readme.slice(0, part.index).split("\n").length
    found.push({ file: `${slug(heading)}-${index + 1}.${kind}`, heading, index, line, text })
  }
  return found
})()

const applicationOf = (heading: string): Application => applications[heading] ?? { preludes: [] }

/**
 * A block between the code around it, word for word except for an ellipsis. Each of its lines has the same line number
 * as in the README, so that compiler errors point to the README.
 */
const program = ({ heading, index, line, text }: Block): string => {
  const { after = "", before } = applicationOf(heading).preludes[index] ?? {}
  const above = before === undefined ? [] : before.split("\n")
  const whole = text.replaceAll(/^( *)…,$/gm, "$1...settings,")
  return [...Array<string>(line - above.length).fill(""), ...above, whole + after, "export {}", ""].join("\n")
}

/** Writes a project of some blocks. @returns the configuration file for the compiler */
const write = (folder: string, name: string, some: ReadonlyArray<Block>): string => {
  const kinds = [...new Set(some.map(({ heading }) => heading))].map(applicationOf)
  mkdirSync(folder, { recursive: true })
  for (const block of some) writeFileSync(join(folder, block.file), program(block))
  writeFileSync(join(folder, `${name}.d.ts`), kinds.map(({ packages = "" }) => packages).join("\n"))
  const project = join(folder, `tsconfig.${name}.json`)
  const compilerOptions = {
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: false,
    // Rules of style, where an application may differ from this repository.
    noPropertyAccessFromIndexSignature: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    ...Object.assign({}, ...kinds.map((kind) => kind.compilerOptions))
  }
  const files = [...some.map(({ file }) => file), `${name}.d.ts`]
  writeFileSync(
    project,
    JSON.stringify({ extends: relative(folder, join(root, "tsconfig.json")), compilerOptions, include: [], files })
  )
  return project
}

/** Misspells the first function call in the block. */
const misspell = (block: Block): Block => ({ ...block, text: block.text.replace(/\b[a-z]\w*(?=\()/, "$&Misspelt") })

describe("the README's code", () => {
  let said: ReadonlyArray<string>
  beforeAll(() => {
    rmSync(pasted, { recursive: true, force: true })
    const projects = Object.entries(Object.groupBy(blocks, ({ heading }) => heading)).map(([heading, some = []]) =>
      write(pasted, slug(heading), some)
    )
    const misspelt = write(join(pasted, "misspelt"), "misspelt", blocks.map(misspell))
    const output = tsc("-b", ...projects, misspelt)
    // One error may take several lines; all but the first are indented.
    said = output.split(/\n(?! )/).filter((error) => error !== "")
  })
  const isMisspelt = (error: string): boolean => error.startsWith(".latchkey/readme/misspelt/")

  it("is found completely", () => {
    const kinds = Array.from(readme.matchAll(/^\s*(?:```|~~~)(.+)$/gm), ([, kind]) => kind)
    expect(new Set(kinds)).toEqual(new Set(["sh", "ts", "tsx"]))
    expect(blocks).toHaveLength(kinds.filter((kind) => kind !== "sh").length)
  })

  it("compiles", () => {
    expect(said.filter((error) => !isMisspelt(error))).toEqual([])
  })

  it("does not compile when a name is misspelt, in any block", () => {
    const errors = said.filter((error) => isMisspelt(error) && error.includes("Misspelt'"))
    const red = errors.map((error) => /misspelt\/([^(]+)/.exec(error)?.[1])
    expect([...new Set(red)].sort()).toEqual(blocks.map(({ file }) => file).sort())
  })

  it("exists under every heading that has an entry in preludes.ts", () => {
    for (const [heading, { preludes }] of Object.entries(applications)) {
      const beneath = blocks.filter((block) => block.heading === heading)
      expect(beneath, heading).toHaveLength(preludes.length)
    }
  })
})
