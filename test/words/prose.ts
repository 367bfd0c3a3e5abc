/** The texts of the project that people read: comments, strings of several words, test titles, pages, scripts. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseSync, Visitor } from "rolldown/utils"

/** A text, and where it begins. */
export interface Prose {
  readonly file: string
  readonly line: number
  readonly text: string
  /** Whether it is the title of a test or of a group of tests. */
  readonly isTitle: boolean
}

const root = join(import.meta.dirname, "..", "..")

/** Every file whose text is read here. Lists of inputs and built files are left out. */
export const proseFiles = (): ReadonlyArray<string> =>
  globSync(
    ["*.{md,ts}", ".ci/*", "{src,test,docs,examples,bench,scripts}/**/*.{ts,tsx,js,mjs,md,sh,py,svelte,astro}"],
    {
      cwd: root,
      exclude: ["**/{node_modules,.next,build,dist}", "**/next-env.d.ts"]
    }
  )
    .map((file) => file.replaceAll("\\", "/"))
    .toSorted()

const lineAt = (source: string, at: number): number => source.slice(0, at).split("\n").length

/** Functions whose first argument is a test title: vitest's, and those that state a law or a clause of a contract. */
const titled = /^(describe|it|test|states|clause)$/

/** The comments of a program, its strings of at least two words, and its test titles. */
const proseOfProgram = (file: string, source: string): ReadonlyArray<Prose> => {
  const { comments, errors, program } = parseSync(file, source)
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`)
  const found: Array<Prose> = comments.map(({ start, value }) => ({
    file,
    line: lineAt(source, start),
    text: value,
    isTitle: false
  }))
  const titles = new Set<number>()
  const add = (start: number, text: string): void => {
    const isTitle = titles.has(start)
    if (isTitle || /\w\s+\w/.test(text)) found.push({ file, line: lineAt(source, start), text, isTitle })
  }
  new Visitor({
    CallExpression: ({ arguments: [title], callee }) => {
      let named = callee
      while (named.type !== "Identifier")
        if (named.type === "CallExpression") named = named.callee
        else if (named.type === "MemberExpression") named = named.object
        else return
      if (titled.test(named.name) && title !== undefined) titles.add(title.start)
    },
    JSXText: ({ start, value }) => add(start, value),
    Literal: ({ start, value }) => {
      if (typeof value === "string") add(start, value)
    },
    TemplateLiteral: ({ quasis, start }) => add(start, quasis.map(({ value }) => value.cooked ?? value.raw).join("…"))
  }).visit(program)
  return found
}

/** The texts of a file. Of a page or a script, every line is read. */
export const proseOf = (file: string, source = readFileSync(join(root, file), "utf8")): ReadonlyArray<Prose> =>
  /\.(tsx?|m?js)$/.test(file)
    ? proseOfProgram(file, source)
    : source.split("\n").map((text, at) => ({ file, line: at + 1, text, isTitle: false }))
