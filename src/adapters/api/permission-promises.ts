import * as Effect from "effect/Effect"
import type { PermissionChanges } from "../account/permission-changes.ts"
import type { Promised } from "./per-request/promises.ts"

/** {@link PermissionChanges}, as functions that return Promises. */
export const permissionPromises = <User>(
  own: PermissionChanges<User>
): Promised<PermissionChanges<User>, keyof PermissionChanges<User>> => ({
  createGroup: (name, of) => Effect.runPromise(own.createGroup(name, of)),
  deleteGroup: (name, of) => Effect.runPromise(own.deleteGroup(name, of)),
  groups: (of) => Effect.runPromise(own.groups(of)),
  addToGroups: (user, groups, of) => Effect.runPromise(own.addToGroups(user, groups, of)),
  removeFromGroups: (user, groups, of) => Effect.runPromise(own.removeFromGroups(user, groups, of)),
  grant: (holder, permissions, of) => Effect.runPromise(own.grant(holder, permissions, of)),
  revoke: (holder, permissions, of) => Effect.runPromise(own.revoke(holder, permissions, of)),
  together: (steps, of) => Effect.runPromise(own.together(steps, of)),
  of: (holder, of) => Effect.runPromise(own.of(holder, of)),
  create: (model, of) => Effect.runPromise(own.create(model, of)),
  all: (of) => Effect.runPromise(own.all(of))
})
