import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type DjangoUser,
  djangoFields,
  schemaFields
} from "../../../../../src/adapters/store/postgres/tables/user-fields.ts"

const fields = {
  id: Schema.Number,
  username: Schema.String,
  email: Schema.String,
  firstName: Schema.String,
  lastName: Schema.String,
  isActive: Schema.Boolean,
  isStaff: Schema.Boolean,
  isSuperuser: Schema.Boolean,
  lastLoginAt: Schema.NullOr(Schema.Number),
  joinedAt: Schema.Number
}
const inSchema = schemaFields<DjangoUser>(Schema.Struct(fields))
const values = fc.record(
  Object.fromEntries(
    Object.keys(fields).map((name) => {
      const fitting = name.startsWith("is") ? fc.boolean() : /id|At/.test(name) ? fc.double() : fc.string()
      return [
        name,
        fc.oneof({ arbitrary: fitting, weight: 30 }, fc.constant(null), fc.constant(undefined), fc.anything())
      ]
    })
  )
)

describe("the fields of Django's users", () => {
  it("accept what Effect's schema accepts, and name the same first field that does not fit", async () => {
    await Effect.runPromise(inSchema.prepare ?? Effect.die("not prepared"))
    expect(djangoFields.names).toEqual(inSchema.names)
    const seen = new Set<string>()
    fc.assert(
      fc.property(values, (user) => {
        const read = djangoFields.read(user)
        expect(read).toEqual(inSchema.read(user))
        seen.add(read._tag)
      })
    )
    expect([...seen].toSorted()).toEqual(["Read", "Unfit"])
  })
})

describe("the fields of a schema", () => {
  it("are decoded", async () => {
    const { names, prepare, read } = schemaFields(Schema.Struct({ id: Schema.NumberFromString, name: Schema.String }))
    await Effect.runPromise(prepare ?? Effect.die("not prepared"))
    expect(names).toEqual(["id", "name"])
    expect(read({ id: "12", name: "Ada" })).toEqual({ _tag: "Read", user: { id: 12, name: "Ada" } })
    expect(read({ id: "12", name: 5 })).toEqual({ _tag: "Unfit", field: "name" })
  })
})
