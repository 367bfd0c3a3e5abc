/** The line of docs/laws.md, word for word, from the published package: the same for each test runner. */
import { mkdirSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { lawTexts } from "../../src/testing/laws.ts"
import type { Child } from "../rig/child.ts"
import { longSuite, registryService } from "../rig/services.ts"
import { type Application, installLocked } from "./installed.ts"
import { pack, root } from "./packed.ts"

const minutes = 60_000
const isAvailable = [registryService(), longSuite()].every(({ available }) => available)
const page = readFileSync(join(root, "docs", "laws.md"), "utf8")
const [, example = ""] = /^```ts\n([\s\S]*?)^```$/m.exec(page) ?? []

/** The module that has `test`, the command as the docs show it, and how it says how many tests passed. */
const runners = {
  Vitest: ["vitest", "npx vitest run --testTimeout=180000", /Tests {2}(\d+) passed \(\1\)/],
  "node:test": ["node:test", "node --test", /^. pass (\d+)\n. fail 0$/m],
  Jest: [
    "@jest/globals",
    "NODE_OPTIONS=--experimental-vm-modules npx jest --testTimeout=180000",
    /Tests: +(\d+) passed, \1 total/
  ],
  Bun: ["bun:test", "bun test --timeout 180000", /^ *(\d+) pass\n *0 fail/m]
} satisfies Record<string, readonly [module: string, command: string, passed: RegExp]>

describe.skipIf(!isAvailable)("one line serves each test runner", () => {
  let app: Application
  beforeAll(async () => {
    app = await installLocked("runners", pack().tarball, [])
    symlinkSync(join(root, "node_modules", "vitest"), join(app.folder, "node_modules", "vitest"))
  }, 20 * minutes)
  afterAll(() => app?.remove())

  /** The files of the programs that `npx` finds. */
  const programs: Readonly<Record<string, string>> = {
    vitest: "node_modules/vitest/vitest.mjs",
    jest: "node_modules/jest/bin/jest.js"
  }

  /** Starts a documented command on one test file. */
  const started = (command: string, file: string): Child => {
    const [, options, rest = ""] = /^(?:NODE_OPTIONS=(\S+) )?(?:npx )?(.*)$/.exec(command) ?? []
    const [program = "", ...args] = rest.split(" ")
    if (program === "bun") return app.command("@oven/*/bin/bun", ...args, `./${file}`)
    // vitest, which runs this file, sets variables that other runners read.
    const { start } = app.under({ NODE_OPTIONS: options, FORCE_COLOR: undefined, VITEST: undefined, NO_COLOR: "1" })
    const [first = "", ...others] = program === "node" ? args : [programs[program] ?? "", ...args]
    return start(first, ...others, file)
  }

  it.each(Object.entries(runners))("%s", async (name, [module, command, passed]) => {
    expect(page).toContain(`| ${name} | \`import { test } from "${module}"\` | \`${command}\` |`)
    mkdirSync(join(app.folder, name))
    // Jest runs TypeScript only after a transform: the example is the same in JavaScript.
    const file = `${name}/laws.test.${name === "Jest" ? "js" : "ts"}`
    app.write(file, example.replace('from "vitest"', `from "${module}"`))
    const child = started(command, file)
    expect(await child.ended, child.output()).toBe(0)
    expect(Number(passed.exec(child.output())?.[1])).toBe(lawTexts.length)
  })
})
