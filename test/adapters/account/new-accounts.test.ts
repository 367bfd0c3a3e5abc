import { describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { BadRequest, ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../../src/adapters/store/memory.ts"

const site = () => {
  const [people, staff] = [memory(), memory()]
  const auth = createAuth({
    secretKey: "s",
    sessions: people.sessions,
    backends: { people: modelBackend(people.users), staff: modelBackend(staff.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })]
  })
  return { auth, staff, people }
}

/** A body as `await request.json()` returns it. */
const body = (fields: unknown) => JSON.parse(JSON.stringify(fields))

describe("createUser", () => {
  it("takes no rights and no backend from a body that is spread into the account", async () => {
    const { auth } = site()
    const sent = body({ username: "mallory", password: "m", isStaff: true, isSuperuser: true, backend: "staff", id: 1 })
    const user = await auth.createUser({ ...sent }, { backend: "people" })
    expect(user).toMatchObject({ username: "mallory", isStaff: false, isSuperuser: false })
    await expect(auth.createUser({ ...sent })).rejects.toThrow("name the one to use")
  })

  it("takes rights and backend from a separate argument", async () => {
    const { auth } = site()
    expect(
      await auth.createUser({ username: "root" }, { backend: "staff", isStaff: true, isSuperuser: true })
    ).toMatchObject({ isStaff: true, isSuperuser: true })
    await expect(auth.createUser({ username: "x" }, body({ backend: "staff", isSuperUser: true }))).rejects.toThrow(
      ConfigurationInvalid
    )
  })

  it("refuses values that are no strings, as the client's mistake", async () => {
    const { auth } = site()
    for (const fields of [
      { username: 5 },
      {},
      { username: "a", email: {} },
      { username: "a", password: ["x"] },
      { username: null }
    ])
      await expect(auth.createUser(body(fields), { backend: "people" })).rejects.toBeInstanceOf(BadRequest)
  })

  it("does not compile with rights in the account", () => {
    const { auth } = site()
    const sent: { readonly username: string; readonly isSuperuser?: boolean } = { username: "mallory" }
    // @ts-expect-error
    const run = () => auth.createUser({ ...sent })
    expect(run).toBeTypeOf("function")
  })
})
