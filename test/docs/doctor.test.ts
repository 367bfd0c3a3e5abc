/** docs/doctor.md lists every finding of `latchkey doctor`. */
import { readdirSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { read, root } from "./pages.ts"

const folder = "src/adapters/cli/doctor"

/** The codes in the source: texts such as "redis.eviction". Those of stores and settings are put together there. */
const inSource = readdirSync(`${root}/${folder}`).flatMap((file) =>
  Array.from(
    read(`${folder}/${file}`).matchAll(
      /"((?:postgres|redis|table|sessions|passwords|clock|settings|start|device-bound|throttle)\.[a-z-]+)"/g
    ),
    ([, code = ""]) => code
  )
)
const [findings = ""] = read("docs/doctor.md").split("\n## ")
const inDocs = Array.from(findings.matchAll(/^\| (`.+?) \|/gm), ([, cell = ""]) =>
  cell.split(", ").map((code) => code.replaceAll("`", ""))
).flat()

describe("docs/doctor.md", () => {
  it("lists every finding once", () => {
    const put = ["postgres.unreachable", "redis.unreachable"]
    const settings = ["settings.sessionCookie", "settings.csrfCookie", "settings.allowedHosts"]
    expect(inDocs.toSorted()).toEqual([...new Set(inSource), ...put, ...settings].toSorted())
  })
})
