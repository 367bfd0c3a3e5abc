/** What stands in the way of a release is found, and `npm version` writes the change log's section. */
import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { released } from "../../scripts/release/changelog.ts"
import { obstacles, type Release } from "../../scripts/release/obstacles.ts"
import { root } from "./packed.ts"

const read = (file: string): string => readFileSync(join(root, file), "utf8")

const ready: Release = {
  manifest: {
    version: "1.2.3",
    author: "The authors",
    homepage: "https://latchkey.dev/",
    repository: { type: "git", url: "git+https://github.com/owner/latchkey.git" },
    bugs: { url: "https://github.com/owner/latchkey/issues", email: "security@latchkey.dev" }
  },
  readme: "[The docs](docs/passwords.md), [below](#below)",
  security: "Write to security@latchkey.dev.",
  changelog: "# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-11-27)\n\n- A change.\n"
}

describe("a release", () => {
  it("has no obstacles when everything is in place", () => {
    expect(obstacles(ready)).toEqual([])
  })

  it.each([
    ["author", "author"],
    ["homepage", "homepage"],
    ["repository", "repository.url"],
    ["bugs", "bugs.url"],
    ["bugs", "bugs.email"]
  ])("needs %s", (field, path) => {
    const { [field]: _, ...manifest } = ready.manifest
    expect(obstacles({ ...ready, manifest })).toContainEqual(expect.stringContaining(`package.json has no "${path}"`))
  })

  it.each([
    ["bugs.email", { bugs: { url: "https://latchkey.dev/bugs", email: "maintainers@users.noreply.host.example" } }],
    ["bugs.email", { bugs: { url: "https://latchkey.dev/bugs", email: "maintainers@example.com" } }],
    ["homepage", { homepage: "https://example.org/latchkey" }],
    ["repository.url", { repository: { url: "git+https://repository.example/OWNER/latchkey.git" } }],
    ["repository.url", { repository: { url: "git@repository.example:OWNER/latchkey.git" } }]
  ])("stops at a placeholder in %s", (path, change) => {
    expect(obstacles({ ...ready, manifest: { ...ready.manifest, ...change } })).toEqual([
      expect.stringMatching(new RegExp(`^package.json, "${path}": ".*" is a placeholder. Replace it by .*`))
    ])
  })

  it("stops at a placeholder in SECURITY.md", () => {
    const security = "https://shop.example is safe. Write to maintainers@host.example."
    expect(obstacles({ ...ready, security })).toEqual([
      'SECURITY.md: maintainers@host.example is a placeholder. Replace it by "bugs.email" of package.json.'
    ])
  })

  it("stops at relative links in the README when the repository is not on GitHub", () => {
    const repository = { type: "git", url: "git+https://codeberg.org/owner/latchkey.git" }
    const elsewhere = { ...ready, manifest: { ...ready.manifest, repository } }
    expect(obstacles(elsewhere)).toEqual([expect.stringContaining("docs/passwords.md is the first")])
    expect(obstacles({ ...elsewhere, readme: "[docs](https://latchkey.dev/docs), [below](#below)" })).toEqual([])
  })

  it("stops when the change log has no section for the version", () => {
    expect(obstacles({ ...ready, manifest: { ...ready.manifest, version: "1.2.4" } })).toEqual([
      'CHANGELOG.md has no section for 1.2.4: run "npm version" first, which makes it.'
    ])
  })
})

describe("this package", () => {
  const manifest: { readonly scripts: Readonly<Record<string, string>>; readonly [field: string]: unknown } =
    JSON.parse(read("package.json"))

  it("is checked before it is published, and is published with its provenance", () => {
    expect(manifest.scripts["prepublishOnly"]).toMatch(/^node scripts\/release\/check\.ts && /)
    expect(manifest["publishConfig"]).toEqual({ access: "public", provenance: true })
  })

  it("has every field that is checked, a placeholder or not", () => {
    const found = obstacles({ ...ready, manifest, security: read("SECURITY.md") })
    expect(found.filter((obstacle) => obstacle.startsWith("package.json has no"))).toEqual([])
  })
})

describe("the change log", () => {
  it("gets a section of the version, above those of older versions", () => {
    expect(
      released("# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n", "0.2.0", "2026-02-03")
    ).toBe("# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-02-03)\n\n- New.\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n")
  })

  it("refuses a release without a change that users can see", () => {
    expect(() => released("## Unreleased\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n", "0.2.0", "2026-02-03")).toThrow(
      'says nothing under "Unreleased"'
    )
    expect(() => released("# Changelog\n", "0.2.0", "2026-02-03")).toThrow('no heading "## Unreleased"')
    expect(() => released("\n## Unreleased\n\n- New.\n\n## 0.1.0 (2026-01-01)\n", "0.1.0", "2026-02-03")).toThrow(
      "already has a section for 0.1.0"
    )
  })

  it("has a line for each change, under headings of versions, the newest first", () => {
    const [title = "", ...sections] = read("CHANGELOG.md").split(/^## /m)
    expect(title).toBe("# Changelog\n\n")
    expect(sections[0]).toMatch(/^Unreleased\n/)
    for (const section of sections.slice(1)) expect(section).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)? \(\d{4}-\d\d-\d\d\)\n/)
    for (const section of sections) for (const line of section.split("\n").slice(1)) expect(line).toMatch(/^(- \S.*)?$/)
  })
})

describe("npm version and npm publish", () => {
  it("write the section and refuse the placeholders", () => {
    const folder = mkdtempSync(join(tmpdir(), "latchkey-release-"))
    try {
      for (const name of ["scripts", "package.json", "README.md", "SECURITY.md", "CHANGELOG.md"])
        cpSync(join(root, name), join(folder, name), { recursive: true })
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      const { prepublishOnly, version } = manifest.scripts
      const [check] = prepublishOnly.split(" && ")
      manifest.scripts = { version, prepublishOnly: check }
      writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
      const run = (command: string, ...options: ReadonlyArray<string>): string =>
        execFileSync(command, options, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env })
      const env = {
        ...process.env,
        PATH: `${join(root, "node_modules", ".bin")}:${process.env["PATH"]}`,
        GIT_AUTHOR_NAME: "a",
        GIT_AUTHOR_EMAIL: "a@localhost",
        GIT_COMMITTER_NAME: "a",
        GIT_COMMITTER_EMAIL: "a@localhost"
      }
      run("git", "init", "-q")
      run("git", "add", "-A")
      run("git", "commit", "-qm", "before")
      run("npm", "version", "7.8.9")
      expect(run("git", "log", "-1", "--format=%D", "--name-only").trim().split("\n").slice(1)).toEqual([
        "",
        "CHANGELOG.md",
        "package.json"
      ])
      expect(run("git", "tag")).toBe("v7.8.9\n")
      expect(readFileSync(join(folder, "CHANGELOG.md"), "utf8")).toMatch(/^## 7\.8\.9 \(\d{4}-\d\d-\d\d\)$/m)
      expect(() => run("npm", "publish", "--dry-run")).toThrow(/Not published:\n- package\.json, ".*" is a placeholder/)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
