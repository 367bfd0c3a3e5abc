/** What the requests of a bound session, and of one that may be bound, do. */
import * as Core from "../../src/core/index.ts"
import {
  changingPassword,
  cycle,
  events,
  leaving,
  loggingIn,
  type Operation,
  provenBy,
  type Request,
  renewedBy,
  sessions,
  startsAt,
  visit,
  write
} from "./operations.ts"
import { type At, bindingId, getUser, open, type Page, type Response, type Running, respond } from "./request.ts"
import { current, opened, type World } from "./world.ts"

/** The public keys of the browser and of an attacker. In place of a signature, a proof has the name of its key. */
export const keys = {
  own: { kty: "EC", crv: "P-256", x: "o".repeat(43), y: "o".repeat(43) },
  foreign: { kty: "EC", crv: "P-256", x: "f".repeat(43), y: "f".repeat(43) }
} as const

type KeyName = keyof typeof keys

const settings = current.session.deviceBound
if (settings === undefined) throw new Error("sessions are not bound to devices")

/** The header that offers a registration for the bound session. */
export const offerOfBound = Core.DeviceEndpoints.offer(settings, "", bindingId, startsAt)

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

const proofBy = (key: KeyName, purpose: "register" | "refresh"): string =>
  [
    part({ typ: "dbsc+jwt", alg: "ES256", ...(purpose === "register" ? { jwk: keys[key] } : {}) }),
    part({ jti: Core.DeviceChallenge.make(settings, purpose, bindingId, startsAt) }),
    key
  ].join(".")

/** The answer of an endpoint that stores nothing: the session is left as it is. */
const answered = (at: At, status: number): Running => ({
  _tag: "Answered",
  response: { ...nothing(at), endpoint: status }
})

const nothing = ({ announced, foundNone }: At): Response => ({
  ...{ outcome: "Responded", status: 200, told: undefined, announced, foundNone, stored: undefined },
  ...{ issued: undefined, cookieEndsAt: undefined, removed: false, varies: true }
})

/** Continues with the endpoint's answer when the session has been stored. */
const afterwards = (running: Running, end: (response: Response) => Response): Running =>
  running._tag === "Answered"
    ? { _tag: "Answered", response: end(running.response) }
    : { ...running, answered: (answer, now) => afterwards(running.answered(answer, now), end) }

/** An endpoint, as every adapter calls it. @param needsUser whether the session must be valid for its user */
const endpoint =
  (
    needsUser: boolean,
    step: (at: At, session: Core.DeviceEndpoints.DeviceSession) => Core.DeviceEndpoints.DeviceStep
  ): Page =>
  (before) =>
    open({ ...before, session: Core.Session.unjudged(before.session) }, (at, loaded) => {
      const answerTo = (at: At, session: Core.DeviceEndpoints.DeviceSession) => decided(at, loaded, step(at, session))
      if (loaded.base._tag !== "Read") return answerTo(at, { _tag: "Gone" })
      if (!loaded.data.has("_auth_user_id")) return answerTo(at, { _tag: "Anonymous" })
      const binding = Core.DeviceBinding.read(loaded.data)
      const ofUser = { _tag: "OfUser", binding: binding === "Malformed" ? undefined : binding } as const
      if (!needsUser) return answerTo(at, ofUser)
      return getUser(at, (at, user) => answerTo(at, user === undefined ? { _tag: "Anonymous" } : ofUser))
    })

const decided = (at: At, loaded: Core.Session.LoadedSession, step: Core.DeviceEndpoints.DeviceStep): Running => {
  const answer = step._tag === "Answer" ? step.answer : isSigned(step) ? step.ifGood : step.ifWrong
  if (answer.stores === undefined) return answered(at, answer.status)
  const { id } = answer.stores
  const session = at.core.Session.bind(loaded, id, Core.DeviceBinding.write(answer.stores))
  return afterwards(respond({ ...at, session }, 200, undefined), ({ outcome, stored }) => ({
    ...nothing(at),
    stored,
    outcome,
    endpoint: outcome === "Responded" ? answer.status : 503
  }))
}

/** Whether the key that has to have signed a proof is the one whose name is in place of the signature. */
const isSigned = ({ jwk, jws }: { readonly jwk: Core.DeviceBinding.DeviceJwk; readonly jws: string }): boolean =>
  JSON.stringify(jwk) === JSON.stringify(keys[jws.endsWith(".own") ? "own" : "foreign"])

const registering = (key: KeyName): Page =>
  endpoint(true, (at, session) =>
    at.core.DeviceEndpoints.register(settings, "", session, proofBy(key, "register"), at.now)
  )

const refreshing = (key: KeyName): Page =>
  endpoint(false, (at, session) =>
    at.core.DeviceEndpoints.prove(settings, "", session, bindingId, proofBy(key, "refresh"), at.now)
  )

const of = (from: "bound" | "offered", isProven: boolean, name: string, page: Page, more = {}): Request => ({
  ...{ _tag: "Request", name: `${name} (${from}${isProven ? ", with a proof" : ""})`, from, page, isProven },
  ...more
})

const changes = (from: "bound" | "offered", isProven: boolean): ReadonlyArray<Request> => [
  of(from, isProven, "visit", visit),
  of(from, isProven, "write a", write("a")),
  of(from, isProven, "cycle", cycle),
  of(from, isProven, "change the password", changingPassword, renewedBy),
  of(from, isProven, "logout", leaving),
  of(from, isProven, "log in as the same user", loggingIn("alice"), provenBy("alice")),
  of(from, isProven, "log in as another user", loggingIn("bob"), provenBy("bob"))
]

/** The requests of the browser of a bound session, and of the holder of a copied session cookie. */
export const boundRequests: ReadonlyArray<Request> = [
  of("bound", false, "refresh", refreshing("own")),
  of("bound", false, "refresh by another key", refreshing("foreign")),
  of("bound", false, "register another key", registering("foreign")),
  ...changes("bound", true),
  ...changes("bound", false)
]

/** The requests of a browser that has just logged in. */
export const offeredRequests: ReadonlyArray<Request> = [
  of("offered", false, "register", registering("own")),
  of("offered", false, "register another key", registering("foreign")),
  of("offered", false, "refresh", refreshing("own")),
  ...changes("offered", false)
]

/** Half a minute: longer than the grace. And faults of the store. */
export const deviceEvents: ReadonlyArray<Operation> = events.filter(({ name }) => !/minutes|weeks/.test(name))

/** The world with a bound session and an offered one. */
export const openedOnDevices = (): World => {
  const world = opened(current)
  const { rows } = world.table
  const row = rows.get(sessions.here)
  if (row === undefined) throw new Error("no session")
  const rowWith = (binding: Core.DeviceBinding.DeviceBinding) => ({
    ...row,
    text: JSON.stringify([...JSON.parse(row.text), [Core.DeviceBinding.dataKey, Core.DeviceBinding.write(binding)]])
  })
  const since = startsAt - 3_600_000
  const device = { jwk: keys.own, alg: "ES256", since } as const
  const alice = new Set(["alice A"])
  return {
    ...world,
    table: {
      ...world.table,
      rows: new Map([
        [sessions.bound, rowWith({ id: bindingId, offered: since, device })],
        [sessions.offered, rowWith({ id: bindingId, offered: startsAt, device: undefined })]
      ])
    },
    past: {
      ...world.past,
      proofs: new Map([
        [sessions.bound, alice],
        [sessions.offered, alice]
      ])
    }
  }
}
