import { randomInt } from "node:crypto"
import { Core } from "latchkey"

interface User {
  readonly username: string
}

const settings = Core.settings({ secretKey: "the SECRET_KEY of the site" })
const backend = "django.contrib.auth.backends.ModelBackend"

const users = new Map([["1", { id: "1", user: { username: "alice" }, password: "an encoded password" }]])
const sessions = new Map<string, string>()

const loadSession = ({ key }: Core.LoadSession): Core.AnswerTo<Core.LoadSession, User> => {
  const text = sessions.get(key)
  return text === undefined ? { _tag: "SessionAbsent" } : { _tag: "SessionFound", text, prefetched: undefined }
}

const loadUser = ({ id }: Core.LoadUser): Core.AnswerTo<Core.LoadUser, User> => {
  const known = users.get(id)
  return known === undefined ? { _tag: "UserAbsent" } : { _tag: "UserFound", known }
}

/** The user of a request with this session cookie. */
const userOf = (cookie: string | undefined): User | undefined => {
  const request = Core.RequestState.opened<User>(settings, { session: cookie, csrf: undefined }, moment().fresh)
  const session = Core.Session.fromCookie(Core.SessionKey.parse(cookie))
  let step = Core.GetUser.getUser(settings, request, session, moment())
  while (step._tag === "Paused") {
    const answer = step.query._tag === "LoadSession" ? loadSession(step.query) : loadUser(step.query)
    step = Core.GetUser.resume(settings, step.request, step.session, step.state, answer, moment())
  }
  return step.value
}

/** The time, and new random values. */
const moment = (): Core.Moment => ({
  now: Date.now(),
  fresh: { sessionKey: newKey(), csrfSecret: characters(32), csrfMask: characters(32) }
})

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
const characters = (length: number) => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("")
const newKey = (): Core.SessionKey.SessionKey => Core.SessionKey.parse(characters(32)) ?? newKey()

// A stored session, as a login writes it.
const [authHash] = settings.authHashes("an encoded password")
const anonymous = Core.Session.absent(Core.Session.fromCookie(undefined))
const { data } = Core.Identity.write(anonymous, { id: "1", backend, authHash })
const key = newKey()
sessions.set(key, settings.session.codec.encode(data, Date.now()))

console.log("with the cookie:", userOf(key))
console.log("without:", userOf(undefined))

users.set("1", { id: "1", user: { username: "alice" }, password: "a new encoded password" })
console.log("after a change of the password:", userOf(key))
