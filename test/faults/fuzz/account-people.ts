/** Two new users of a fuzzed site: the client knows the password of the attacker, and nothing secret of the victim. */
import * as Effect from "effect/Effect"
import { uidOf } from "../../../src/core/accounts/reset-token.ts"
import { ask, request } from "../../full-stack/wire.ts"
import { browser } from "../../rig/browser.ts"
import type { Known } from "./account-forms.ts"
import { type Jar, jar } from "./client-jar.ts"
import type { FuzzedSite, FuzzedSites } from "./fuzzed-sites.ts"

export interface People extends Omit<Known, "links"> {
  readonly site: FuzzedSite
  /** The browser of the attacker, and one of an anonymous visitor. */
  readonly browsers: readonly [member: Jar, guest: Jar]
  /** Texts of the victim that no answer and no line of the log may show. */
  readonly secrets: ReadonlyArray<string>
  /** Problems of the victim's account: the client must not have changed it. */
  readonly examine: () => Promise<ReadonlyArray<string>>
  /** Whether the attacker can still log in. */
  readonly isUsable: () => boolean
  /** Removes all users but those who were there before. */
  readonly leave: () => void
}

/** More than these people sign up for. */
const mostNewUsers = 200

let number = 0

export const people = async (
  { auth, stores, mail }: FuzzedSites,
  site: FuzzedSite,
  passwords: readonly [string, string]
): Promise<People> => {
  const n = ++number
  const person = async (name: string, password: string) => {
    const username = `${name}${n}`
    const user = await auth.createUser({ username, email: `${username}@example.com`, password })
    if (user === undefined) throw new Error(`there is a user ${username} already`)
    const id = String(user.id)
    return { id, username, email: `${username}@example.com`, uid: uidOf(id) }
  }
  const attacker = { ...(await person("mallory", passwords[0])), passwords }
  const secret = `victim-${passwords[0]}`
  const victim = await person("erin", secret)
  mail.victims.add(victim.username)

  const own = browser()
  const url = `http://127.0.0.1:${site.port}`
  const login = await own.post({ url }, "/login", { username: victim.username, password: secret })
  const key = own.jar.get("sessionid") ?? ""
  if (login.status !== 200 || key === "") throw new Error(`a normal login on ${site.name} gets ${login.status}`)
  const asJson = [`Cookie: sessionid=${key}`, "Accept: application/json"]
  const list = await ask(site.port, request("GET", "/account/sessions", asJson))
  const sessions: ReadonlyArray<string> = Object(JSON.parse(list.body)).sessions.map((one: object) =>
    String(Reflect.get(one, "id"))
  )
  const row = (id: string) => Effect.runSync(stores.users.findById(id))
  const stored = JSON.stringify({ ...row(victim.id), user: { ...row(victim.id)?.user, lastLoginAt: 0 } })

  return {
    site,
    attacker,
    victim,
    sessions,
    browsers: [jar(), jar()],
    secrets: [key, secret, row(victim.id)?.password ?? ""],
    examine: async () => {
      const now = JSON.stringify({ ...row(victim.id), user: { ...row(victim.id)?.user, lastLoginAt: 0 } })
      const me = await ask(site.port, request("GET", "/me", [`Cookie: sessionid=${key}`]))
      return [
        ...(now === stored ? [] : [`${site.name}: the account of another user was changed: ${stored} ${now}`]),
        ...(me.body === JSON.stringify({ user: victim.username })
          ? []
          : [`${site.name}: the session of another user was ended: ${me.status} ${me.body}`])
      ]
    },
    isUsable: () => row(attacker.id)?.isActive === true,
    leave: () => {
      mail.victims.delete(victim.username)
      mail.victimTokens.clear()
      mail.links.length = 0
      for (let id = Number(attacker.id); id < Number(attacker.id) + mostNewUsers; id++) stores.users.remove(String(id))
    }
  }
}
