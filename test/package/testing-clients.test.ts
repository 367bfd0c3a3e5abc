/** The tests of docs/testing.md that need other packages: the frameworks' own test clients, and a real browser. */
import { describe, expect, it } from "vitest"
import { longSuite, programs, registryService, service } from "../rig/services.ts"
import { documented } from "./docs-application.ts"

const isAvailable = [registryService(), longSuite(), service("chromium")].every(({ available }) => available)

describe.skipIf(!isAvailable)("the tests of the docs, with the published package", () => {
  const { app, compile } = documented()

  it.each([
    ["supertest", 2],
    ["fastify", 2],
    ["playwright", 1]
  ])("%s.test.ts compiles, and its tests pass", async (name, count) => {
    expect(await compile(`${name}.test`)).toBe("")
    const env = { CHROMIUM: programs.chromium(), FORCE_COLOR: undefined }
    expect(await app().under(env).run("--test", `${name}.test.ts`)).toMatch(new RegExp(`^. pass ${count}$`, "m"))
  })
})
