/**
 * The examples' login form accepts the same input as Django's AuthenticationForm, and reports errors on the same
 * fields.
 */
import { beforeAll, describe, expect, it } from "vitest"
import type { SiteContext } from "../../examples/site/endpoints.ts"
import { submitLogin } from "../../examples/site/forms/login.ts"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { md5 } from "../../src/adapters/password/hashers/md5-hasher.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { browser } from "../adapters/request/site.ts"
import vectors from "../vectors/authentication_form.json" with { type: "json" }

interface Row {
  readonly label: string
  readonly data: Readonly<Record<string, string>>
  readonly valid: boolean
  /** Errors by field; `__all__` means the form as a whole. */
  readonly errors: Readonly<Record<string, unknown>>
}

const rows = vectors.data.map(
  ({ data, errors, label, valid }): Row => ({
    label,
    data: Object.fromEntries(Object.entries(data)),
    valid,
    errors
  })
)

describe("a login form", () => {
  const stores = memory()
  const auth = createAuth({
    secretKey: "s",
    sessions: stores.sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
    hashers: [md5()],
    allowedHosts: ["localhost"]
  })
  beforeAll(async () => {
    await auth.createUser({ username: "alice", password: "wonderland1" })
    const ghost = await auth.createUser({ username: "ghost", password: "wonderland1" })
    stores.users.change(String(ghost?.id), { isActive: false })
  })

  it.each(rows)("gets the same result as in Django: $label", async ({ data, errors, valid }) => {
    await browser({ auth }).visit(async (context) => {
      // The form does not look at the user, so a user of the memory store is enough.
      const submitted = await submitLogin(context as unknown as SiteContext, new URLSearchParams(data))
      const problems = submitted._tag === "Again" ? submitted.form.problems : []
      expect(submitted._tag).toBe(valid ? "Done" : "Again")
      expect(problems.map(({ field }) => field ?? "__all__")).toEqual(Object.keys(errors))
      expect((await context.getUser())?.username).toBe(valid ? "alice" : undefined)
    })
  })
})
