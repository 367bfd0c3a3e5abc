import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CommandFailed, callOptional, changeOptional, refused, usage } from "../command-failed.ts"
import type { AnyAuth } from "../configuration/application.ts"
import { loadApplication } from "../configuration/load-auth.ts"
import { off, optionalText } from "../flags.ts"
import { print } from "../terminal/output.ts"
import { userNamed } from "../users.ts"

type Holder = Parameters<AnyAuth["permissions"]["of"]>[0]
type Steps = Parameters<AnyAuth["permissions"]["together"]>[0]

const holderOf = Effect.fnUntraced(function* (
  auth: AnyAuth,
  user: string | undefined,
  group: string | undefined
): Effect.fn.Return<Holder, CommandFailed> {
  if (user !== undefined && group === undefined) return { user: yield* userNamed(auth, user, "--user") }
  if (group !== undefined && user === undefined) return { group }
  return yield* usage("write either --user NAME or --group NAME")
})

const show = Effect.fnUntraced(function* (auth: AnyAuth, holder: Holder, name: string) {
  const granted = yield* callOptional(() => auth.permissions.of(holder))
  if (granted === undefined) return yield* refused(`there is no ${name}`)
  const lines = [
    ...granted.permissions,
    ...granted.groups.flatMap((group) => group.permissions.map((each) => `${each} (by the group ${group.name})`))
  ]
  const memberships = granted.groups.map((group) => group.name)
  yield* print({
    text: [
      lines.length === 0 ? `nothing is granted to ${name}` : lines.join("\n"),
      ...(memberships.length === 0 ? [] : [`member of: ${memberships.join(", ")}`])
    ].join("\n"),
    json: granted
  })
})

/** Everything that can be granted, and the groups with what is granted to them. */
const showAll = Effect.fnUntraced(function* (auth: AnyAuth) {
  const all = yield* callOptional(async () => {
    const groups = (await auth.permissions.groups()).map(async (name) => ({
      name,
      permissions: (await auth.permissions.of({ group: name }))?.permissions ?? []
    }))
    return { permissions: await auth.permissions.all(), groups: await Promise.all(groups) }
  })
  const permissions = all.permissions.map(({ name, permission }) => `${permission}: ${name}`)
  const groups = all.groups.map((group) => `group ${group.name}: ${group.permissions.join(", ") || "nothing"}`)
  const lines = [...permissions, ...groups]
  yield* print({ text: lines.length === 0 ? "there are no permissions and no groups" : lines.join("\n"), json: all })
})

/** Creates the permissions of a model, as Django's migrate does for each model. */
const createModel = Effect.fnUntraced(function* (auth: AnyAuth, name: string) {
  const [, app = "", model = ""] = modelName.exec(name) ?? []
  yield* changeOptional(
    () => auth.permissions.create({ app, model }),
    (created) =>
      print({
        text: created.length === 0 ? `${name} has its permissions already` : `created ${created.join(", ")}`,
        json: { created }
      })
  )
})

/** The label of an app and the name of a class. */
const modelName = /^([\p{L}_][\p{L}\p{N}_]{0,99})\.([\p{L}_][\p{L}\p{N}_]{0,92})$/u

export const grant = Command.make(
  "grant",
  {
    permissions: Argument.String("permission").pipe(
      Argument.withDescription(
        "app_label.codename, as blog.change_post. Without any, what is granted is listed; without a user or a group, all permissions and groups."
      ),
      Argument.variadic({ min: 0 })
    ),
    user: optionalText("user", "NAME", "The user who gets the permissions."),
    group: optionalText("group", "NAME", "The group whose members get the permissions."),
    createGroup: off("create-group", "Create the group if it does not exist."),
    join: optionalText("join", "GROUP", "Make the user a member of this group; with --revoke, no longer."),
    revoke: off("revoke", "Take the permissions away instead."),
    createModel: optionalText(
      "create-model",
      "APP.MODEL",
      "Create the permissions of a model that no Django has: add, change, delete and view, with its content type."
    )
  },
  Effect.fnUntraced(function* ({ createGroup, permissions, revoke, ...flags }) {
    const [user, group, join] = [flags.user, flags.group, flags.join].map(Option.getOrUndefined)
    if (join !== undefined && user === undefined) return yield* usage("--join needs --user: groups have no groups")
    if (createGroup && (revoke || (group ?? join) === undefined))
      return yield* usage("--create-group needs --group or --join, and no --revoke")
    const malformed = permissions.find((each) => !/^[^.]+\.[^.]+$/.test(each))
    if (malformed !== undefined)
      return yield* usage(
        `${JSON.stringify(malformed)} is not a permission: write app_label.codename, as blog.change_post; ` +
          "name a user with --user, a group with --group, and make a user its member with --join"
      )
    const model = Option.getOrUndefined(flags.createModel)
    if (model !== undefined && !modelName.test(model))
      return yield* usage(
        `--create-model: ${JSON.stringify(model)} is not a model: write app_label.ModelName, as blog.Post`
      )
    if (
      model !== undefined &&
      (createGroup || revoke || permissions.length > 0 || (user ?? group ?? join) !== undefined)
    )
      return yield* usage("--create-model goes with no other flag: grant the permissions with the next command")
    const { auth } = yield* loadApplication
    if (model !== undefined) return yield* createModel(auth, model)
    const isBare = permissions.length === 0 && join === undefined && !createGroup && !revoke
    if (isBare && user === undefined && group === undefined) return yield* showAll(auth)
    const holder = yield* holderOf(auth, user, group)
    const name = user === undefined ? `group ${JSON.stringify(group)}` : `user ${JSON.stringify(user)}`
    if (permissions.length === 0 && join === undefined && !createGroup) return yield* show(auth, holder, name)
    const newGroup = group ?? join
    const steps: Steps = [
      ...(createGroup && newGroup !== undefined ? [{ createGroup: newGroup }] : []),
      ...(permissions.length === 0
        ? []
        : [revoke ? { revoke: permissions, from: holder } : { grant: permissions, to: holder }]),
      ...(join === undefined || !("user" in holder)
        ? []
        : [revoke ? { removeFromGroups: join, user: holder.user } : { addToGroups: join, user: holder.user }])
    ]
    yield* changeOptional(
      () => auth.permissions.together(steps),
      (answers) => {
        const of = (...names: ReadonlyArray<string>) =>
          answers.flatMap((answer, index) => (names.some((name) => name in (steps[index] ?? {})) ? answer : []))
        const [changed, groups] = [of("grant", "revoke"), of("addToGroups", "removeFromGroups")]
        const all = [...changed, ...groups.map((each) => `membership of ${each}`)]
        const [did, already] = revoke
          ? ["revoked from", "nothing to revoke from"]
          : ["granted to", "already granted to"]
        return print({
          text: all.length === 0 ? `${already} the ${name}` : `${did} the ${name}: ${all.join(", ")}`,
          json: { [revoke ? "revoked" : "granted"]: changed, groups }
        })
      }
    )
  })
).pipe(
  Command.withDescription(
    "Grant permissions to a user or a group, revoke them, or list them. A Django on the same database sees the change immediately."
  ),
  Command.withExamples([
    { command: "npx latchkey grant --create-model blog.Post", description: "For a model without a Django:" },
    { command: "npx latchkey grant blog.change_post blog.add_post --user alice" },
    { command: "npx latchkey grant blog.change_post --group editors --create-group" },
    { command: "npx latchkey grant --user alice --join editors", description: "alice gets what the group has:" },
    { command: "npx latchkey grant --user alice", description: "What may alice do?" },
    { command: "npx latchkey grant", description: "Which permissions and groups are there?" }
  ])
)
