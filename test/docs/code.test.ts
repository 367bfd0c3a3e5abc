/**
 * The code on the pages for users, compiled as a user's application compiles it: strictly, against the built package.
 * Code that is shown from a file is not compiled here: see files.test.ts.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { tsc } from "../types/tsc.ts"
import { blocks, countFences, root } from "./pages.ts"
import { type Application, applications } from "./preludes.ts"

const pasted = join(root, ".latchkey", "docs")

interface Fragment {
  /** The file name under which it is compiled. */
  readonly file: string
  /** The page and the heading. All fragments of one place are compiled together. */
  readonly place: string
  /** Its index in its place, counted from 0. */
  readonly index: number
  /** The line of its fence, counted from 1. */
  readonly line: number
  readonly text: string
}

const slug = (place: string): string => place.toLowerCase().replace(/[^a-z0-9]+/g, "-")

const fragments: ReadonlyArray<Fragment> = (() => {
  const found: Array<Fragment> = []
  for (const { heading, info, line, page, text } of blocks) {
    if (info !== "ts" && info !== "tsx") continue
    const place = `${page}: ${heading}`
    const index = found.filter((fragment) => fragment.place === place).length
    found.push({ file: `${slug(place)}-${index + 1}.${info}`, place, index, line, text })
  }
  return found
})()

const applicationOf = (place: string): Application => applications[place] ?? { preludes: [] }

/** The file of the README's fragment `auth.ts`, which other fragments import. */
const authFile = "readme-md-use-it-1.ts"

/**
 * A fragment between the code around it, word for word except for an ellipsis and the name of `auth.ts`. Each of its lines has the same line
 * number as on its page, so that compiler errors point to the page.
 */
const program = ({ index, line, place, text }: Fragment): string => {
  const { after = "", before } = applicationOf(place).preludes[index] ?? {}
  const above = before === undefined ? [] : before.split("\n")
  const whole = text.replaceAll("…,", "...settings,").replace('"./auth.ts"', `"./${authFile}"`)
  const blank = Array<string>(Math.max(0, line - above.length)).fill("")
  return [...blank, ...above, whole + after, "export {}", ""].join("\n")
}

/** Writes a project of some fragments. @returns the configuration file for the compiler */
const write = (folder: string, name: string, some: ReadonlyArray<Fragment>): string => {
  const kinds = [...new Set(some.map(({ place }) => place))].map(applicationOf)
  mkdirSync(folder, { recursive: true })
  for (const fragment of some) writeFileSync(join(folder, fragment.file), program(fragment))
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

/** Misspells the first function call in the fragment. */
const misspell = (fragment: Fragment): Fragment => ({
  ...fragment,
  text: fragment.text.replace(/\b[a-z]\w*(?=\()/, "$&Misspelt")
})

describe("the code on the pages", () => {
  let said: ReadonlyArray<string>
  beforeAll(() => {
    rmSync(pasted, { recursive: true, force: true })
    const projects = Object.entries(Object.groupBy(fragments, ({ place }) => place)).map(([place, some = []]) =>
      write(pasted, slug(place), some)
    )
    const misspelt = write(join(pasted, "misspelt"), "misspelt", fragments.map(misspell))
    const output = tsc("-b", ...projects, misspelt)
    // One error may take several lines; all but the first are indented.
    said = output.split(/\n(?! )/).filter((error) => error !== "")
  })
  const isMisspelt = (error: string): boolean => error.startsWith(".latchkey/docs/misspelt/")

  it("is found completely: every fence is closed, and says what it holds", () => {
    expect(blocks).toHaveLength(countFences())
    const kinds = new Set(blocks.map(({ info }) => info.split(" ")[0]))
    const others = ["astro", "json", "mermaid", "python", "sh", "sql", "svelte", "text"]
    expect([...kinds].filter((kind = "") => !["ts", "tsx", ...others].includes(kind))).toEqual([])
  })

  it("compiles", () => {
    expect(said.filter((error) => !isMisspelt(error))).toEqual([])
  })

  it("does not compile when a name is misspelt, in any fragment", () => {
    const errors = said.filter((error) => isMisspelt(error) && error.includes("Misspelt'"))
    const red = errors.map((error) => /misspelt\/([^(]+)/.exec(error)?.[1])
    expect([...new Set(red)].sort()).toEqual(fragments.map(({ file }) => file).sort())
  })

  it("exists in every place that has an entry in preludes.ts", () => {
    for (const [place, { preludes }] of Object.entries(applications)) {
      const there = fragments.filter((fragment) => fragment.place === place)
      expect(there, place).toHaveLength(preludes.length)
    }
  })
})
