/** Credentials that no backend accepts are probably a developer's mistake: a warning says what the backends expect. */
import { afterEach, expect, it, vi } from "vitest"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { permissionBackend } from "../../../../src/adapters/backend/permission-rules.ts"
import { remoteUserBackend } from "../../../../src/adapters/backend/remote-user-backend.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { application, browser, model } from "../site.ts"

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const warnings = async (backends: Parameters<typeof application>[0] = {}, credentials: object): Promise<string[]> => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {})
  const app = await application(backends)
  for (let times = 0; times < 2; times++)
    await browser(app).visit(async ({ authenticate }) => {
      expect(await authenticate({ ...credentials })).toBeUndefined()
    })
  return warn.mock.calls.map(([text]) => String(text))
}
const byEmail = { email: "alice@example.com", password: "hush" }

it("names once the fields that the backend expects, and nothing of the credentials", async () => {
  const [said, ...more] = await warnings({}, byEmail)
  expect(said).toContain(`${model} expects { username, password }`)
  expect(said).not.toMatch(/alice|hush/)
  expect(more).toEqual([])
})

it("names the field that a user store has instead", async () => {
  const { users } = memory()
  const backends = { [model]: modelBackend({ ...users, usernameField: "handle" }) }
  expect(await warnings({ backends }, byEmail)).toEqual([expect.stringContaining("{ handle, password }")])
})

it("names every backend that accepts credentials", async () => {
  const { users } = memory()
  const backends = { a: modelBackend(users), b: remoteUserBackend(users), c: permissionBackend<MemoryUser>({}) }
  const [said] = await warnings({ backends }, byEmail)
  expect(said).toContain("a expects { username, password }, both texts; b expects a RemoteUser")
  expect(said).not.toContain("c expects")
})

it("is not given for wrong credentials of the right form, nor in production", async () => {
  expect(await warnings({}, { username: "alice", password: "hush" })).toEqual([])
  vi.stubEnv("NODE_ENV", "production")
  const secretKey = "kD3v9-of this test alone-Zq81mTx0uPw7LrYc5NbE2sHj"
  const said = await warnings({ secretKey, allowedHosts: ["localhost"] }, byEmail)
  expect(said.filter((text) => text.includes("authenticate"))).toEqual([])
})
