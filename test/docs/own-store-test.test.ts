/** The test that docs/your-own-store.md shows runs, and passes. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import { root } from "./pages.ts"

it("runs every promise and every law on the store that the page shows", async () => {
  const file = join(root, "docs", "programs", "own-store.test.ts")
  const { stdout } = await promisify(execFile)(process.execPath, ["--test", "--test-reporter=tap", file], {
    env: { PATH: process.env["PATH"] },
    timeout: 300_000
  })
  expect(stdout).toMatch(/^ok 1 - answers every series of calls as the store in memory$/m)
  expect(stdout).toMatch(/^ok \d+ - after the answer of a logout, its session acts as no user/m)
  expect(stdout).toMatch(/^# fail 0$/m)
})
