/**
 * `latchkey/testing/fast-check`: arbitrary values for property tests, with `fast-check` 4. All of them shrink: sessions
 * to few operations, credentials to the right ones, requests to `GET /`, flows to short stories.
 */
import "./refuse-production.ts"
import * as fc from "fast-check"
import { checkOptions, type Kind, type Kinds, object } from "../adapters/options/option-kinds.ts"
import * as Core from "../core/index.ts"
import { Flow, flowKeys } from "./flows/flow.ts"
import type { ExtraAction, FlowAction, FlowStep } from "./flows/flow-step.ts"
import type { Fault } from "./stores/store-network.ts"

export { type RequestOptions, requestHeads, requests } from "./fast-check/http-requests.ts"
export { Flow } from "./flows/flow.ts"
export type {
  AccountAction,
  CookiesAction,
  DataAction,
  ExtraAction,
  ExtraStep,
  FlowAction,
  FlowStep,
  LogInAction,
  PasswordAction,
  PlainAction,
  TimeAction
} from "./flows/flow-step.ts"

/** A fault of the network between latchkey and its stores, for `network(…).fail`. */
export const faults = (): fc.Arbitrary<Fault> => fc.constantFrom("refused", "acknowledgementLost", "slow")

/** A session key as latchkey issues one. */
export const sessionKeys = (): fc.Arbitrary<Core.SessionKey.SessionKey> =>
  fc
    .string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789"), minLength: 32, maxLength: 32 })
    .map((text) => {
      const key = Core.SessionKey.parse(text)
      if (key === undefined) throw new Error("no session key")
      return key
    })

/** A name in session data. Names that have a meaning in JavaScript are among them. */
const names = (): fc.Arbitrary<string> => fc.constantFrom("a", "b", "cart", "__proto__", "constructor", "é")

/** A value in session data. */
const values = () => fc.jsonValue({ maxDepth: 2 }).map((value) => Core.Json.write(value))

type Operation = (session: Core.Session.LoadedSession) => Core.Session.LoadedSession

/** What a request does with its session. */
const operations = (): fc.Arbitrary<Operation> =>
  fc.oneof(
    fc.tuple(names(), values()).map(
      ([key, value]): Operation =>
        (session) =>
          Core.Session.set(session, key, value)
    ),
    names().map(
      (key): Operation =>
        (session) =>
          Core.Session.remove(session, key)
    ),
    fc.constantFrom<Operation>(Core.Session.clear, Core.Session.flush, Core.Session.modified),
    sessionKeys().map(
      (key): Operation =>
        (session) =>
          Core.Session.cycleKey(session, key)
    )
  )

/** A session of the core that was loaded and changed, in any state that operations of the core can bring it into. */
export const loadedSessions = (): fc.Arbitrary<Core.Session.LoadedSession> =>
  fc
    .tuple(fc.option(sessionKeys(), { nil: undefined }), fc.array(operations(), { maxLength: 6 }))
    .map(([key, all]) =>
      all.reduce((session, operation) => operation(session), Core.Session.absent(Core.Session.fromCookie(key)))
    )

/** A session of the core: not loaded, or as {@link loadedSessions}. */
export const sessions = (): fc.Arbitrary<Core.Session.Session> =>
  fc.oneof(
    sessionKeys().map((key) => Core.Session.fromCookie(key)),
    loadedSessions()
  )

/** The state of a request of the core: what its user is, and which cookies it has sent. */
export const requestStates = <User>(users: fc.Arbitrary<User>): fc.Arbitrary<Core.RequestState.RequestState<User>> =>
  fc.record({
    sessionCookiePresented: fc.boolean(),
    csrf: fc.record({
      secret: fc.constantFrom(undefined, "s".repeat(32)),
      dirty: fc.boolean()
    }),
    csrfCookie: fc.constantFrom(undefined, "s".repeat(32)),
    user: fc.oneof(
      fc.constant(undefined),
      fc.constant<Core.RequestState.Resolved<User>>({ _tag: "Anonymous" }),
      users.map(
        (user): Core.RequestState.Resolved<User> => ({
          _tag: "Authenticated",
          user,
          principal: { id: "1", backend: "model", authHash: "hash" }
        })
      )
    ),
    prefetched: fc.constant(undefined)
  })

/** A whole state between two operations of a request: what the functions of the core take and return. */
export const states = <User>(
  users: fc.Arbitrary<User>
): fc.Arbitrary<{
  readonly request: Core.RequestState.RequestState<User>
  readonly session: Core.Session.Session
}> => fc.record({ request: requestStates(users), session: sessions() })

/** Credentials as clients send them: the right ones, almost right ones, and values of other types. */
export const credentials = (right: {
  readonly username: string
  readonly password: string
}): fc.Arbitrary<{ readonly username: unknown; readonly password: unknown }> =>
  fc.record({
    username: almost(right.username, [`${right.username} `, `${right.username}\u0000`]),
    password: almost(right.password, [`${right.password} `, right.password.toUpperCase(), `${right.password}\u0000`])
  })

/** A value that is right in about half of the cases. It shrinks to the right one, otherwise to the empty one. */
const almost = (right: string, variants: ReadonlyArray<string>): fc.Arbitrary<unknown> => {
  const simplestFirst = [right, "", ...variants]
  const { length } = simplestFirst
  // Numbers shrink to zero: to the right value. Those above `length` are the right value too.
  return fc
    .tuple(fc.nat({ max: length + 4 }), fc.anything())
    .map(([at, other]) => (at === length ? other : (simplestFirst[at] ?? right)))
}

/** The options of {@link flows}. */
export interface FlowOptions {
  /** How many browsers there are. Default 2. */
  readonly browsers?: number
  /** The longest flow. Default 12 steps. */
  readonly maxSteps?: number
  /**
   * Requests of the application, by name. They leave users, sessions and the keys `a` and `b` of the data as they are.
   */
  readonly extra?: Readonly<Record<string, ExtraAction>>
}

const atLeastOne: Kind = {
  written: "a whole number from 1",
  accepts: (value) => Number.isInteger(value) && Number(value) > 0
}

const flowKinds: Kinds<FlowOptions> = { browsers: atLeastOne, maxSteps: atLeastOne, extra: object }

/**
 * Flows of several browsers over a site: logins, logouts, writes, changes of the password, users who are deactivated,
 * stolen cookies, time. A flow compares the site with a model after each step, and shrinks to a short story.
 *
 * ```ts
 * await fc.assert(fc.asyncProperty(flows({ browsers: 2 }), (flow) => flow.run(site)))
 * ```
 */
export const flows = (options: FlowOptions = {}): fc.Arbitrary<Flow> => {
  checkOptions(options, flowKinds)
  const { browsers = 2, extra = {}, maxSteps = 12 } = options
  const user = fc.constantFrom<0 | 1>(0, 1)
  const key = fc.constantFrom(...flowKeys)
  // A site may have no more than the pages to log in and out, so these steps are the most frequent ones.
  const action = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        _tag: fc.constant("log in" as const),
        user,
        password: fc.constantFrom("right" as const, "right" as const, "wrong" as const)
      })
    },
    { weight: 2, arbitrary: fc.constant<FlowAction>({ _tag: "log out" }) },
    fc.constantFrom<FlowAction>({ _tag: "visit" }, { _tag: "clear" }, { _tag: "renew the key" }),
    fc.record({ _tag: fc.constantFrom("write" as const, "remove" as const), key, value: fc.nat({ max: 9 }) }),
    fc.record({ _tag: fc.constant("change password" as const), password: fc.constantFrom("changed", "changed again") }),
    fc.record({ _tag: fc.constantFrom("deactivate" as const, "activate" as const, "activate" as const), user }),
    fc.record({ _tag: fc.constant("take the cookies" as const), of: fc.nat({ max: browsers - 1 }) }),
    fc.record({ _tag: fc.constant("time passes" as const), days: fc.integer({ min: 1, max: 20 }) }),
    ...Object.keys(extra).map((name) => fc.constant<FlowAction>({ _tag: "extra", name }))
  )
  const step: fc.Arbitrary<FlowStep> = fc.record({ browser: fc.nat({ max: browsers - 1 }), action })
  return fc.array(step, { maxLength: maxSteps, size: "max" }).map((steps) => new Flow(steps, browsers, extra))
}
