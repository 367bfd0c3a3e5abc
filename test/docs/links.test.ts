/**
 * Every relative link in a document leads to a file that the repository has, and to a heading that the file has. In a
 * document that the package has, it leads to a file of the package.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..", "..")
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8"
}).split("\n")
const documents = files.filter((file) => file.endsWith(".md") && existsSync(join(root, file)))

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "")

/** The ids that forges give to headings: `## What it costs, in SQL` is `what-it-costs-in-sql`. */
const anchors = (file: string): ReadonlyArray<string> =>
  Array.from(withoutCode(readFileSync(join(root, file), "utf8")).matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-")
  )

interface Link {
  readonly document: string
  readonly target: string
}

const links: ReadonlyArray<Link> = documents.flatMap((document) =>
  Array.from(
    withoutCode(readFileSync(join(root, document), "utf8")).matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g),
    ([, target = ""]) => ({ document, target })
  )
)

/** What a document links to or shows, from the folder of the repository; anchors in the same document are left out. */
const targetsOf = (document: string): ReadonlyArray<string> =>
  Array.from(
    withoutCode(readFileSync(join(root, document), "utf8")).matchAll(
      /(?:\]\(|\b(?:href|src|srcset)=")(?![a-z]+:|#)([^)\s"#]+)/g
    ),
    ([, path = ""]) => relative(root, join(root, dirname(document), path))
  )

describe("the documents of the package", () => {
  const [pack]: ReadonlyArray<{ readonly files: ReadonlyArray<{ readonly path: string }> }> = JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"]
    })
  )
  const packed = (pack?.files ?? []).map(({ path }) => path)
  const isPacked = (target: string): boolean =>
    packed.some((known) => known === target || known.startsWith(`${target}/`))
  // npm's page of the package shows README.md with links to the repository.
  const ofRepository = ["README.md: CONTRIBUTING.md", "README.md: examples/koa", "README.md: examples/next"]

  it("show and link to files of the package", () => {
    const shown = packed
      .filter((file) => file.endsWith(".md"))
      .flatMap((document) => targetsOf(document).map((target) => ({ document, target })))
    expect(shown.length).toBeGreaterThan(100)
    expect(shown.map(({ target }) => target)).toContain("bench/results/read-dark.svg")
    const missing = shown
      .filter(({ target }) => !isPacked(target))
      .map(({ document, target }) => `${document}: ${target}`)
    expect([...new Set(missing)].sort()).toEqual([...ofRepository, "README.md: examples/node"])
  })
})

describe("the documents", () => {
  it("have links to check", () => {
    expect(documents).toContain("README.md")
    expect(links.length).toBeGreaterThan(10)
  })

  it.each(links)("$document links to $target, which exists", ({ document, target }) => {
    const [path = "", anchor] = target.split("#")
    const file = path === "" ? document : relative(root, join(root, dirname(document), path))
    expect(files.some((known) => known === file || known.startsWith(`${file}/`))).toBe(true)
    if (anchor !== undefined) expect(anchors(file)).toContain(anchor)
  })
})
