import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { engines } from "./sites.ts"

it("every session engine has a file that runs its flows", () => {
  const files = globSync(join(import.meta.dirname, "engine-*.test.ts")).map((file) => readFileSync(file, "utf8"))
  const run = files.map((text) => /testEngine\("(\w+)"/.exec(text)?.[1])
  expect(run.sort()).toEqual(engines.toSorted())
})
