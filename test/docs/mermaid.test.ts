/** Every Mermaid diagram in a document is drawn, by Mermaid itself in Chromium. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { launch } from "../browser/chromium.ts"
import { registryService, service } from "../rig/services.ts"

const root = join(import.meta.dirname, "..", "..")

/** The package holds a bundle for browsers; installing it would bring 200 MB of other packages. */
const mermaid = {
  package: "mermaid@12.3.0",
  integrity: "sha512-4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw==",
  bundle: "package/dist/mermaid.min.js"
}

const diagrams = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8"
})
  .split("\n")
  .filter((file) => file !== "")
  .flatMap((file) =>
    Array.from(
      readFileSync(join(root, file), "utf8").matchAll(/^```mermaid\n([\s\S]*?)^```$/gm),
      ([, text = ""], index) => ({
        name: `${file}, diagram ${index + 1}`,
        text
      })
    )
  )

const download = (folder: string): string => {
  const said = execFileSync("npm", ["pack", mermaid.package, "--json", "--pack-destination", folder], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "ignore"]
  })
  const [packed] = JSON.parse(said)
  if (packed.integrity !== mermaid.integrity)
    throw new Error(`${mermaid.package} has other content: ${packed.integrity}`)
  execFileSync("tar", ["-xzf", join(folder, packed.filename), "-C", folder, mermaid.bundle])
  return join(folder, mermaid.bundle)
}

describe.skipIf(![registryService(), service("chromium")].every(({ available }) => available))("the diagrams", () => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-mermaid-"))
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    const bundle = download(folder)
    browser = await launch()
    page = await browser.newPage()
    await page.addScriptTag({ path: bundle })
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  /** The picture, or Mermaid's error. */
  const draw = (text: string): Promise<string> =>
    page.evaluate(`mermaid.render("diagram", ${JSON.stringify(text)}).then(({ svg }) => svg, String)`)

  it("are in the documents", () => {
    expect(diagrams.length).toBeGreaterThan(6)
  })

  it.each(diagrams)("are drawn: $name", async ({ text }) => {
    expect(await draw(text)).toMatch(/^<svg /)
  })

  it("are refused with a mistake in them", async () => {
    expect(await draw("stateDiagram-v2\n  [*] -> Asking ->> {")).toContain("Parse error")
    expect(await draw("flowchart TD\n  a[ --> b")).toContain("Parse error")
  })
})
