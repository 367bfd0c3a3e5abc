/** What a visitor does when a fault strikes, and in which states the fault may leave the visitor's session. */
import { passwordOf, type Site } from "../full-stack/site.ts"
import type { Answer } from "../rig/browser.ts"
import {
  holderOf,
  login,
  newVisitor,
  refresh,
  register,
  type State,
  sameState,
  stateOf,
  type Visitor
} from "./visitor.ts"

/** Whether a request was carried out; `unheard`: it was, and the browser has not got the answer. */
export type CarriedOut = "yes" | "unheard" | "no" | "perhaps"

export interface Operation {
  /** Whether the visitor is logged in before. */
  readonly isLoggedIn: boolean
  /** What the visitor does after the login, and before the fault. */
  readonly prepare?: (site: Site, visitor: Visitor) => Promise<Answer>
  readonly send: (site: Site, visitor: Visitor) => Promise<Answer>
  /** The beginning of the answer's text if nothing is wrong. */
  readonly says: string
  /** The text of a 503. Default: that of an application. */
  readonly saysOfOutage?: string
  /** Whether it changes something: then an outage may come before or after the change. */
  readonly writes: boolean
  /** The state afterwards, if it was carried out and the browser has got the answer. */
  readonly after: State
  /** The state afterwards, if it was carried out and the answer was lost. Default: `after`. */
  readonly unheard?: State
  /** Whether the session store has to record the sessions of users. */
  readonly needsRecords?: true
  /** What is wrong afterwards besides the state, in words. */
  readonly problems?: (site: Site, visitor: Visitor, answer: Answer, was: CarriedOut) => Promise<ReadonlyArray<string>>
}

const member = (marker: unknown): State => ({ user: "self", marker })
const stranger = (marker?: unknown): State => ({ user: undefined, marker })

const newPasswordOf = (username: string): string => `${passwordOf(username)}, changed`

/** One of them is right. */
export const passwordsOf = (username: string): ReadonlyArray<string> => [passwordOf(username), newPasswordOf(username)]

/** No answer of these endpoints sets or deletes another cookie than the short one. */
const otherCookies = ({ cookies }: Answer): ReadonlyArray<string> =>
  cookies.flatMap(({ name }) => (name === "__Host-sessionid-device" ? [] : [`sets the cookie ${name}`]))

/** Logs the user in in two other browsers: a fault may strike between the end of the first session and of the second. */
const logInElsewhere = async (site: Site, visitor: Visitor): Promise<Answer> => {
  const others = [newVisitor(visitor.username), newVisitor(visitor.username)] as const
  const logIn = async (other: Visitor): Promise<Answer> => {
    await other.browser.post(site, "/session", { marker: "old" })
    return login(site, other)
  }
  const answers = [await logIn(others[0]), await logIn(others[1])] as const
  visitor.otherKeys = others.flatMap(({ browser }) => browser.jar.get("sessionid") ?? [])
  return answers[0].status === 200 ? answers[1] : answers[0]
}

const endOthers = (site: Site, { browser }: Visitor): Promise<Answer> => browser.post(site, "/sessions/end-others")

/** The user's other sessions that have not ended, in words. @param isOver whether all must have; else one may be as before */
const wrongOthers = async (
  site: Site,
  { otherKeys, username }: Visitor,
  isOver: boolean
): Promise<ReadonlyArray<string>> => {
  const states = await Promise.all(otherKeys.map((key) => stateOf(site, holderOf(username, key))))
  const possible = isOver ? [stranger()] : [stranger(), member("old")]
  const wrong = states.filter((state) => !possible.some((one) => sameState(one, state)))
  return wrong.map((state) => `another session is ${JSON.stringify(state)}`)
}

export const operations = {
  anonymous: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/anon"),
    says: "ok",
    writes: false,
    after: member("old")
  },
  read: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/me"),
    says: '{"user":"u',
    writes: false,
    after: member("old")
  },
  guarded: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/members"),
    says: '{"user":"u',
    writes: false,
    after: member("old")
  },
  permission: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/perms?perm=auth.change_user"),
    says: '{"has":true}',
    writes: false,
    after: member("old")
  },
  list: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.get(site, "/sessions"),
    says: "[true]",
    writes: false,
    after: member("old")
  },
  write: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.post(site, "/session", { marker: "new" }),
    says: '{"',
    writes: true,
    after: member("new")
  },
  login: {
    isLoggedIn: false,
    send: login,
    says: '{"user":"u',
    writes: true,
    after: member("old"),
    // The session has a new key, which the browser does not know.
    unheard: stranger()
  },
  logout: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.post(site, "/logout"),
    says: '{"user":null}',
    writes: true,
    after: stranger()
  },
  endOthers: {
    isLoggedIn: true,
    needsRecords: true,
    prepare: logInElsewhere,
    send: endOthers,
    says: '{"ended":2}',
    writes: true,
    after: member("old"),
    problems: async (site, visitor, answer) => {
      const isOver = answer.status === 200
      const problems = [...otherCookies(answer), ...(await wrongOthers(site, visitor, isOver))]
      // Tried again, it ends the rest.
      const again = await endOthers(site, visitor)
      const own = await stateOf(site, visitor)
      return [
        ...problems,
        ...(again.status === 200 ? [] : [`the next attempt gets ${again.status}`]),
        ...(await wrongOthers(site, visitor, true)).map((problem) => `after the next attempt ${problem}`),
        ...(sameState(own, member("old")) ? [] : [`after the next attempt the own session is ${JSON.stringify(own)}`])
      ]
    }
  },
  cycle: {
    isLoggedIn: true,
    send: (site, visitor) => visitor.browser.post(site, "/session/cycle"),
    says: "{}",
    writes: true,
    after: member("old"),
    unheard: stranger()
  },
  password: {
    isLoggedIn: true,
    send: (site, { browser, username }) =>
      browser.post(site, "/password", { old: passwordOf(username), new: newPasswordOf(username) }),
    says: '{"user":"u',
    writes: true,
    after: member("old"),
    unheard: stranger(),
    // Exactly one of the two passwords is right: the new one if the change was acknowledged. If the new one is right
    // without that, the visitor's session has ended.
    problems: async (site, visitor, { status }, was) => {
      const { username } = visitor
      const works = async (password: string) => (await login(site, newVisitor(username), password)).status === 200
      const [oldWorks, newWorks] = [await works(passwordOf(username)), await works(newPasswordOf(username))]
      const found = `${oldWorks},${newWorks}`
      const changed = ["false,true"]
      const possible = { yes: changed, unheard: changed, no: ["true,false"], perhaps: ["true,false", ...changed] }
      const actsStill = status !== 200 && newWorks && (await stateOf(site, visitor)).user !== undefined
      return [
        ...(possible[was].includes(found) ? [] : [`the old and the new password work: ${found}`]),
        ...(actsStill ? ["the new password works, and the session from before acts as the user"] : [])
      ]
    }
  },
  reauthenticate: {
    isLoggedIn: true,
    send: (site, { browser, username }) => browser.post(site, "/reauthenticate", { password: passwordOf(username) }),
    says: '{"proved":true}',
    writes: true,
    after: member("old"),
    unheard: stranger(),
    problems: async (site, { browser }, _, was) => {
      const proof = JSON.parse((await browser.get(site, "/session")).text)._latchkey_login?.proof
      // After a lost answer the browser does not know the new key.
      const possible = {
        yes: ["password"],
        unheard: [undefined],
        no: ["login"],
        perhaps: ["login", undefined]
      } as const
      return possible[was].some((one) => one === proof) ? [] : [`the proof in the session is ${proof}`]
    }
  },
  register: {
    isLoggedIn: true,
    send: register,
    says: '{"session_identifier":',
    saysOfOutage: "",
    writes: true,
    after: member("old"),
    problems: async (site, visitor, answer, was) => {
      const isBound = (await refresh(site, visitor)).status === 200
      // A browser registers once. In this test it tries again, so that a binding of which it has not heard is found.
      const again = isBound ? undefined : (await register(site, visitor)).status
      const isPossible = isBound ? was !== "no" : was !== "yes" && was !== "unheard" && again === 200
      return [
        ...otherCookies(answer),
        ...(isPossible ? [] : [isBound ? "the device is registered" : `not registered, and again: ${again}`])
      ]
    }
  },
  refresh: {
    isLoggedIn: true,
    prepare: register,
    send: refresh,
    says: '{"session_identifier":',
    saysOfOutage: "",
    writes: false,
    after: member("old"),
    problems: async (site, visitor, answer) => {
      const { status } = await refresh(site, visitor)
      return [...otherCookies(answer), ...(status === 200 ? [] : [`the next refresh gets ${status}`])]
    }
  }
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof operations
export const names = Object.keys(operations) as ReadonlyArray<OperationName>
export const operationOf = (name: OperationName): Operation => operations[name]

let made = 0

/** A new user who may change users, with a session that has the marker "old", logged in if the operation needs it. */
export const visitorFor = async (site: Site, name: OperationName): Promise<Visitor> => {
  const username = `u${process.pid}-${made++}`
  const user = await site.auth.createUser({ username, password: passwordOf(username) })
  if (user === undefined) throw new Error(`${username} exists`)
  await site.query(
    "INSERT INTO auth_user_user_permissions (user_id, permission_id) SELECT $1::int, id FROM auth_permission WHERE codename = 'change_user'",
    user.id
  )
  const visitor = newVisitor(username)
  const expected = async (sent: Promise<Answer>) => {
    const answer = await sent
    if (answer.status !== 200) throw new Error(`before ${name}: ${answer.status} ${answer.text}`)
    return answer
  }
  await expected(visitor.browser.post(site, "/session", { marker: "old" }))
  const { isLoggedIn, prepare } = operationOf(name)
  if (isLoggedIn) {
    const { headers } = await expected(login(site, visitor))
    visitor.challenge = /challenge="([^"]*)"/.exec(headers.get("secure-session-registration") ?? "")?.[1] ?? ""
  }
  if (prepare !== undefined) await expected(prepare(site, visitor))
  return visitor
}
