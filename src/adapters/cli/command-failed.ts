/** Why a command fails, with its exit code. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { exitCodes } from "./exit-code.ts"

/** The kinds of failures, named as in {@link exitCodes}. */
export type FailureKind = "refused" | "usage" | "unreachable" | "configuration"

/** The command has failed for a reason that its user can understand and change. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly kind: FailureKind
  /** What is wrong, and what to do. Never contains a secret. */
  readonly message: string
  /** The problems of settings, with what to write instead, if latchkey refuses to start with them. */
  readonly refusals?: ReadonlyArray<string>
}> {
  get exitCode(): number {
    return exitCodes[this.kind]
  }
}

export const refused = (message: string): CommandFailed => new CommandFailed({ kind: "refused", message })
export const usage = (message: string): CommandFailed => new CommandFailed({ kind: "usage", message })
export const wrongConfiguration = (message: string): CommandFailed =>
  new CommandFailed({ kind: "configuration", message })

/**
 * The failure that an error of the application's latchkey means. That is another copy of the module, so its errors are
 * recognised by their tags. `undefined` for an error that is a fault.
 */
export const failureOf = (error: unknown): CommandFailed | undefined => {
  if (error instanceof CommandFailed) return error
  if (!(error instanceof Error) || !("_tag" in error)) return undefined
  switch (error._tag) {
    case "ConfigurationInvalid":
      return new CommandFailed({
        kind: "configuration",
        message: error.message.split("; ").join("\n"),
        refusals: "problems" in error && Array.isArray(error.problems) ? error.problems.map(String) : [error.message]
      })
    case "StoreUnavailable":
    case "BackendUnavailable":
      return new CommandFailed({ kind: "unreachable", message: [error.message, ...reasons(error)].join(": ") })
    case "Busy":
      return new CommandFailed({ kind: "unreachable", message: `${error.message}: try again` })
    case "BadRequest":
    case "NameUnknown":
    case "StillReferenced":
      return refused(error.message)
    default:
      return undefined
  }
}

/** Marks the errors of every copy of latchkey: their messages contain no secret and no stored value. */
const ours = Symbol.for("latchkey.error")

/** Why an outage happened. The message of another library's error may quote anything, so only its code is shown. */
const reasons = (error: Error): ReadonlyArray<string> => {
  const texts: Array<string> = []
  for (let at: unknown = error.cause, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (ours in at) texts.push(at.message)
    else if ("code" in at && typeof at.code === "string") texts.push(at.code)
  }
  return texts
}

/** Calls a function of the application's latchkey. Its rejection is the failure that it means, otherwise a fault. */
export const call = <A>(run: () => Promise<A>): Effect.Effect<A, CommandFailed> =>
  Effect.callback((resume) => {
    const fail = (error: unknown): void => {
      const failure = failureOf(error)
      resume(failure === undefined ? Effect.die(error) : Effect.fail(failure))
    }
    try {
      run().then((value) => resume(Effect.succeed(value)), fail)
    } catch (error) {
      fail(error)
    }
  })

/**
 * Changes something and reports it. Ctrl-C waits for both: what was changed is always reported.
 *
 * @param report gets the result of the change
 */
export const change = <A, B, E, R>(
  run: () => Promise<A>,
  report: (changed: A) => Effect.Effect<B, E, R>
): Effect.Effect<B, CommandFailed | E, R> => Effect.uninterruptible(Effect.flatMap(call(run), report))

/**
 * An operation that the application's stores may not have: createAuth says so with a plain error, which names the
 * option.
 */
const orConfiguration =
  <A>(run: () => Promise<A>): (() => Promise<A>) =>
  async () => {
    try {
      return await run()
    } catch (error) {
      throw error instanceof Error && !("_tag" in error) && error.name === "Error"
        ? wrongConfiguration(error.message)
        : error
    }
  }

/** {@link call} for an operation that not all stores have. */
export const callOptional = <A>(run: () => Promise<A>): Effect.Effect<A, CommandFailed> => call(orConfiguration(run))

/** {@link change} for an operation that not all stores have. */
export const changeOptional = <A, B, E, R>(
  run: () => Promise<A>,
  report: (changed: A) => Effect.Effect<B, E, R>
): Effect.Effect<B, CommandFailed | E, R> => change(orConfiguration(run), report)
