/** Requests that can only be read, such as WebSocket upgrades, have no answer of an endpoint: every path is judged. */
import { expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import { makeDevice } from "../../../rig/device.ts"

it.each([
  "/",
  "/dbsc/register",
  "/dbsc/refresh",
  "/dbsc/refresh?x"
])("a reader at %s does not show the user of a bound session without a short cookie", async (target) => {
  const { sessions, users } = memory()
  let now = 1_700_000_000_000
  const auth = createAuth({
    secretKey: "reader-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
    sessions,
    backends: { model: modelBackend(users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    sessionCookie: { secure: true },
    allowedHosts: ["example.com"],
    clockAndRandom: { now: () => now },
    deviceBound: { mode: "enforce" }
  })
  const alice = (await auth.createUser({ username: "alice", password: "alice's" })) ?? expect.fail("no user")
  const headOf = (method: string, path: string, headers: Record<string, string> = {}) => ({
    method,
    target: path,
    headers: Object.entries({ host: "example.com", ...headers }),
    transport: { secure: true, serverName: "example.com", serverPort: "443" }
  })
  const login = auth.open(headOf("POST", "/login"))
  await login.context.login(alice)
  const { cookies, registration = "" } = await login.respond(200)
  const cookie = cookies.map((line) => line.split(";")[0]).join("; ")
  const proof = makeDevice().register(/challenge="([^"]*)"/.exec(registration)?.[1] ?? "")
  const registering = auth.open(headOf("POST", "/dbsc/register", { cookie, "secure-session-response": proof }))
  const entered = Promise.resolve(registering.enter({ body: undefined, exempt: () => false, loginRequired: undefined }))
  await expect(entered).rejects.toMatchObject({ status: 200 })
  const copied = headOf("GET", target, { cookie })
  expect((await auth.reader(copied).getUser())?.username).toBe("alice")
  now += 60_000
  expect(await auth.reader(copied).getUser()).toBeUndefined()
  expect(await auth.reader(copied).deviceVerdict()).toBe("Unproven")
})
