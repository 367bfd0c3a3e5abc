/** The tests that every permission store must pass. */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { PermissionStore, StoredHolder, UserStore } from "../../../src/adapters/ports/user-store.ts"

const changed = (...names: ReadonlyArray<string>) => ({ isHolderFound: true, unknown: [], changed: names })
const unknown = (...names: ReadonlyArray<string>) => ({ isHolderFound: true, unknown: names, changed: [] })
const noHolder = { isHolderFound: false, changed: [] }

export const permissionStoreContract = <User>(
  name: string,
  make: () => Promise<{ readonly users: UserStore<User>; readonly close: () => Promise<void> }>
): void => {
  describe(`permissions in ${name}`, () => {
    let users: UserStore<User>
    let close: () => Promise<void>
    let store: PermissionStore
    const run = Effect.runPromise<unknown, unknown>
    const app = `app_${randomBytes(4).toString("hex")}`
    const [add, change, view] = [`${app}.add_post`, `${app}.change_post`, `${app}.view_post`]
    const model = {
      appLabel: app,
      model: "post",
      permissions: ["add", "change", "view"].map((action) => ({
        codename: `${action}_post`,
        name: `Can ${action} post`
      }))
    }
    const fresh = () => `name ${randomBytes(6).toString("hex")}`
    const user = async ({ isSuperuser = false } = {}) => {
      const fields = { username: fresh(), email: "", password: "encoded", isStaff: false, isSuperuser }
      const row = await Effect.runPromise(users.create(fields, Date.UTC(2026, 0, 2)))
      return row?.id ?? expect.fail("the name is taken")
    }
    const group = async () => {
      const created = fresh()
      await run(store.createGroup(created))
      return created
    }
    const sortedPermissions = async (holder: StoredHolder) =>
      [...((await Effect.runPromise(store.granted(holder)))?.permissions ?? expect.fail("no holder"))].sort()
    const effective = async (id: string) => {
      const grants = await Effect.runPromise(users.grants?.(id) ?? Effect.die("no grants"))
      return { user: [...(grants?.user ?? [])].sort(), group: [...(grants?.group ?? [])].sort() }
    }

    beforeAll(async () => {
      ;({ users, close } = await make())
      store = users.permissions ?? expect.fail("this store has no permissions that can be changed")
      await run(store.createPermissions(model))
    })
    afterAll(() => close?.())

    it("creates the permissions of a model once, also in parallel, and those that are new", async () => {
      const other = { ...model, appLabel: `${app}_b` }
      const answers = await Promise.all([1, 2, 3, 4].map(() => Effect.runPromise(store.createPermissions(other))))
      expect(answers.flat().sort()).toEqual(["add_post", "change_post", "view_post"])
      expect(await run(store.createPermissions(other))).toEqual([])
      const more = { ...other, permissions: [...other.permissions, { codename: "pin_post", name: "Can pin" }] }
      expect(await run(store.createPermissions(more))).toEqual(["pin_post"])
      const all = await Effect.runPromise(store.permissions)
      expect(all).toContainEqual({ permission: `${app}_b.pin_post`, name: "Can pin" })
      expect(all.filter(({ permission }) => permission === `${app}_b.add_post`)).toHaveLength(1)
    })
    it("does not rename a permission that exists", async () => {
      const renamed = { ...model, permissions: [{ codename: "add_post", name: "May add posts" }] }
      expect(await run(store.createPermissions(renamed))).toEqual([])
      expect(await run(store.permissions)).toContainEqual({ permission: add, name: "Can add post" })
    })
    it("grants and revokes permissions of users and of groups", async () => {
      for (const holder of [{ userId: await user() }, { group: await group() }]) {
        expect(await run(store.grant(holder, [add, change]))).toEqual(
          expect.objectContaining({ ...changed(), changed: expect.arrayContaining([add, change]) })
        )
        expect(await run(store.grant(holder, [change, view]))).toEqual(changed(view))
        expect(await run(store.grant(holder, []))).toEqual(changed())
        expect(await sortedPermissions(holder)).toEqual([add, change, view])
        expect(await run(store.revoke(holder, [change]))).toEqual(changed(change))
        expect(await run(store.revoke(holder, [change]))).toEqual(changed())
        expect(await sortedPermissions(holder)).toEqual([add, view])
      }
    })
    it("changes nothing if one of the names is unknown, and says which", async () => {
      const holder = { userId: await user() }
      await run(store.grant(holder, [view]))
      const names = [add, `${app}.ad_post`, "no.where", "Robert'); DROP TABLE auth_user; --", "?"]
      expect(await run(store.grant(holder, names))).toEqual({
        ...unknown(),
        unknown: expect.arrayContaining(names.slice(1))
      })
      expect(await run(store.revoke(holder, [view, "no.where"]))).toEqual(unknown("no.where"))
      expect(await sortedPermissions(holder)).toEqual([view])
    })
    it("finds no holder for unknown users and groups", async () => {
      for (const holder of [{ userId: "2147483647" }, { userId: "0x1" }, { userId: "" }, { group: fresh() }]) {
        expect(await run(store.grant(holder, [add]))).toMatchObject(noHolder)
        expect(await run(store.revoke(holder, [add]))).toMatchObject(noHolder)
        expect(await run(store.granted(holder))).toBeUndefined()
      }
      expect(await run(store.addToGroups("2147483647", [await group()]))).toMatchObject(noHolder)
    })
    it("gives members the permissions of their groups, and takes them with the membership or the group", async () => {
      const [id, other] = [await user(), await user()]
      const [writers, readers] = [await group(), await group()]
      await run(store.grant({ group: writers }, [add]))
      await run(store.grant({ group: readers }, [view]))
      await run(store.grant({ userId: id }, [change]))
      expect(await run(store.addToGroups(id, [writers, "nowhere"]))).toEqual(unknown("nowhere"))
      expect(await effective(id)).toEqual({ user: [change], group: [] })
      await run(store.addToGroups(id, [writers, readers]))
      expect(await run(store.addToGroups(id, [writers]))).toEqual(changed())
      expect(await effective(id)).toEqual({ user: [change], group: [add, view] })
      const granted = await Effect.runPromise(store.granted({ userId: id }))
      expect(granted?.groups.toSorted((a) => (a.name === writers ? -1 : 1))).toEqual([
        { name: writers, permissions: [add] },
        { name: readers, permissions: [view] }
      ])
      expect(await run(store.removeFromGroups(id, [readers]))).toEqual(changed(readers))
      expect(await effective(id)).toEqual({ user: [change], group: [add] })
      expect(await effective(other)).toEqual({ user: [], group: [] })

      expect(await run(store.deleteGroup(writers))).toEqual({ _tag: "GroupDeleted" })
      expect(await run(store.deleteGroup(writers))).toEqual({ _tag: "GroupAbsent" })
      expect(await effective(id)).toEqual({ user: [change], group: [] })
      expect(await run(store.granted({ userId: id }))).toEqual({ permissions: [change], groups: [] })
    })
    it("finds the users with a permission, in the order of their ids", async () => {
      const find = users.withPerm ?? expect.fail("this store finds no users with a permission")
      const [direct, member, inactive, none] = [await user(), await user(), await user(), await user()]
      const root = await user({ isSuperuser: true })
      const editors = await group()
      const codename = "pin_post"
      await run(store.createPermissions({ ...model, permissions: [{ codename, name: "Can pin" }] }))
      await run(store.grant({ group: editors }, [`${app}.${codename}`]))
      for (const id of [direct, inactive]) await run(store.grant({ userId: id }, [`${app}.${codename}`]))
      for (const id of [direct, member]) await run(store.addToGroups(id, [editors]))
      await run(users.setActive?.(inactive, false) ?? Effect.die("no setActive"))
      const found = async (isActive: boolean | undefined, includeSuperusers: boolean, appLabel = app) => {
        const rows = await Effect.runPromise(find({ appLabel, codename, isActive, includeSuperusers }))
        const ours = [direct, member, inactive, none, root]
        return rows.map(users.idOf).filter((id) => ours.includes(id))
      }
      expect(await found(true, false)).toEqual([direct, member])
      expect(await found(false, false)).toEqual([inactive])
      expect(await found(undefined, false)).toEqual([direct, member, inactive])
      expect(await found(true, true)).toEqual([direct, member, root])
      expect(await found(true, true, "no_such_app")).toEqual([root])
    })
    it("makes several changes together, in their order", async () => {
      const [id, editors] = [await user(), fresh()]
      const writes = [
        { _tag: "CreateGroup", name: editors },
        { _tag: "Grant", holder: { group: editors }, names: [add, view] },
        { _tag: "AddToGroups", userId: id, names: [editors] },
        { _tag: "Grant", holder: { userId: id }, names: [change] },
        { _tag: "Revoke", holder: { group: editors }, names: [view] }
      ] as const
      expect(await run(store.together(writes))).toMatchObject([
        changed(editors),
        { isHolderFound: true, unknown: [] },
        changed(editors),
        changed(change),
        changed(view)
      ])
      expect(await effective(id)).toEqual({ user: [change], group: [add] })
      const again = [writes[0], { _tag: "RemoveFromGroups", userId: id, names: [editors] }] as const
      expect(await run(store.together(again))).toEqual([changed(), changed(editors)])
      expect(await run(store.together([]))).toEqual([])
    })
    it("makes none of several changes if a name or a holder is unknown", async () => {
      const [id, editors] = [await user(), fresh()]
      const first = [
        { _tag: "CreateGroup", name: editors },
        { _tag: "Grant", holder: { userId: id }, names: [add] }
      ] as const
      const last = { _tag: "AddToGroups", userId: id, names: [editors] } as const
      for (const [wrong, answer] of [
        [{ _tag: "AddToGroups", userId: id, names: ["nowhere"] }, unknown("nowhere")],
        [{ _tag: "Grant", holder: { group: editors }, names: [view, "no.where"] }, unknown("no.where")],
        [{ _tag: "Grant", holder: { userId: "2147483647" }, names: [view] }, noHolder],
        [{ _tag: "Revoke", holder: { userId: "" }, names: [view] }, noHolder]
      ] as const)
        expect(await run(store.together([...first, wrong, last]))).toMatchObject([
          changed(editors),
          changed(add),
          answer
        ])
      expect(await effective(id)).toEqual({ user: [], group: [] })
      expect(await run(store.groups)).not.toContain(editors)
    })
    it("makes several changes together also in parallel", async () => {
      const [id, editors] = [await user(), fresh()]
      const all = [1, 2, 3, 4].map(() =>
        run(
          store.together([
            { _tag: "CreateGroup", name: editors },
            { _tag: "Grant", holder: { group: editors }, names: [add] },
            { _tag: "AddToGroups", userId: id, names: [editors] }
          ])
        )
      )
      const answers = await Promise.all(all)
      expect(answers.flat().filter((answer) => Object(answer).changed.length > 0)).toHaveLength(3)
      expect(await effective(id)).toEqual({ user: [], group: [add] })
    })
    it("creates a group once, also in parallel, and lists it", async () => {
      const created = fresh()
      const answers = await Promise.all([1, 2, 3].map(() => run(store.createGroup(created))))
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await run(store.groups)).toContain(created)
    })
    it("keeps all of many parallel grants to one user", async () => {
      const holder = { userId: await user() }
      await Promise.all([add, change, view, add, change, view].map((one) => run(store.grant(holder, [one]))))
      expect(await sortedPermissions(holder)).toEqual([add, change, view])
    })
  })
}
