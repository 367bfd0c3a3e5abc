/** The pages for users, and the fenced blocks on them. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "..", "..")

export const read = (file: string): string => readFileSync(join(root, file), "utf8")

/** README.md and docs/*.md. */
export const pages: ReadonlyArray<string> = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`)
]

export interface Block {
  readonly page: string
  readonly heading: string
  /** The line of its fence, counted from 1. */
  readonly line: number
  /** What stands after the opening fence: the language, and for code from a file the path of the file. */
  readonly info: string
  readonly text: string
}

const blocksOn = (page: string): ReadonlyArray<Block> => {
  const text = read(page)
  const found: Array<Block> = []
  let heading = ""
  for (const part of text.matchAll(/^#+ (.+)$|^```(.*)\n([\s\S]*?)^```$/gm)) {
    const [, title, info, code = ""] = part
    heading = title ?? heading
    if (info === undefined) continue
    found.push({ page, heading, line: text.slice(0, part.index).split("\n").length, info, text: code })
  }
  return found
}

export const blocks: ReadonlyArray<Block> = pages.flatMap(blocksOn)

/** The fences on all pages, wherever on their line they stand. */
export const countFences = (): number =>
  pages.map((page) => read(page).match(/^\s*(?:```|~~~)/gm)?.length ?? 0).reduce((sum, count) => sum + count, 0) / 2
