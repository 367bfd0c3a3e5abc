/**
 * Sends hostile requests to the account pages, as a client that has an account, and wants that of another user. It
 * never gets a session of another user or changes that user's account, no answer and no line of the log has a secret,
 * and mails go to the right addresses.
 */
import type { Reply } from "../../full-stack/wire.ts"
import { ask, request } from "../../full-stack/wire.ts"
import type { Dice } from "../dice.ts"
import { newPassword } from "./account-forms.ts"
import { type People, people } from "./account-people.ts"
import { type AccountRequest, accountRequest } from "./account-requests.ts"
import { isHtml, redirectsOf } from "./answer-checks.ts"
import type { Jar } from "./client-jar.ts"
import { cookieHeader, mutated } from "./fuzz-grammar.ts"
import type { FuzzedSites } from "./fuzzed-sites.ts"
import type { Send } from "./sending.ts"

/** Requests until there are new users, whose attempts are not throttled yet. */
const requestsPerUser = 60

/** Users whose sessions no client gets through the account pages. */
const others = ["alice", "bob", "carol"]

/** @param log the lines that the site has logged; they are checked and removed */
export const accountFuzz = (
  sites: FuzzedSites,
  { dice, log, problems, send }: { dice: Dice; log: Array<string>; problems: Array<string>; send: Send }
) => {
  const { mail } = sites
  /** How many forms were carried out, by page. */
  const carriedOut = new Map<string, number>()
  let now: People | undefined
  let requests = 0
  /** The page of an opened link, and the browser whose session has its token. */
  let opened: { readonly browser: Jar; readonly path: string } | undefined
  /** Passwords of the last forms: a line of the log may come later. */
  let passwords: ReadonlyArray<string> = []

  const renewed = async (): Promise<People> => {
    if (now !== undefined) {
      problems.push(...(await now.examine()))
      now.leave()
    }
    const site = sites.sites[Math.floor(requests / requestsPerUser) % sites.sites.length] ?? sites.sites[0]
    if (site === undefined) throw new Error("there is no site")
    opened = undefined
    now = await people(sites, site, [newPassword(dice), newPassword(dice)])
    return now
  }

  /** A login without a mistake. @returns whether it was possible: the attempts of one user are limited */
  const logIn = async (at: People) => {
    const { attacker, browsers, site } = at
    const [member] = browsers
    for (const password of attacker.passwords) {
      const body = JSON.stringify({ username: attacker.username, password })
      const token = `X-CSRFToken: ${csrfSecretOf(member)}`
      const lines = ["Content-Type: application/json", "Accept: application/json", token, member.line()]
      const bytes = request("POST", "/account/login", lines, body)
      const reply = await ask(site.port, bytes)
      member.keep(reply)
      await checkSession(at, reply, bytes)
      if (reply.status === 200) return true
    }
    return false
  }

  /** The user of each session that an answer has given. */
  const checkSession = async ({ site }: People, reply: Reply, sent: Buffer) => {
    for (const line of reply.headers.get("set-cookie") ?? []) {
      const [, key] = /^sessionid=(\w+)/.exec(line) ?? []
      if (key === undefined) continue
      const me = await ask(site.port, request("GET", "/me", [`Cookie: sessionid=${key}`]))
      const { user } = Object(JSON.parse(me.body))
      if (others.includes(user) || mail.victims.has(user))
        problems.push(`${site.name}: a session of ${user}: ${JSON.stringify(sent.toString("latin1").slice(0, 1500))}`)
    }
  }

  const checkSecrets = ({ attacker, secrets, site }: People, reply: Reply, sent: Buffer) => {
    const shown = [...reply.headers.values(), reply.body].join("\n")
    const hidden = [...secrets, ...mail.victimTokens, ...passwords, ...attacker.passwords]
    const found = hidden.find((secret) => secret !== "" && shown.includes(secret))
    if (found !== undefined)
      problems.push(
        `${site.name}: the answer shows ${found}: ${JSON.stringify(sent.toString("latin1").slice(0, 1500))}`
      )
    const tokens = mail.links.map((link) => link.split("/")[2] ?? "")
    for (const text of log.splice(0))
      for (const secret of [...hidden, ...tokens])
        if (secret !== "" && text.includes(secret)) problems.push(`the log shows ${secret}: ${text}`)
  }

  const step = async () => {
    requests++
    const isOld = requests % requestsPerUser === 0 || now?.isUsable() !== true
    let at = now === undefined || isOld ? await renewed() : now
    if (!at.browsers[0].cookies.has("sessionid") && !(await logIn(at))) at = await renewed()
    const [member, guest] = at.browsers
    if (dice.below(8) === 0) guest.cookies.clear()
    const browser = opened?.browser ?? (dice.below(3) === 0 ? guest : member)
    const csrfSecret = csrfSecretOf(browser)
    const asked = accountRequest(
      { ...at, links: mail.links },
      { csrfSecret, opened: opened?.browser === browser ? opened.path : undefined }
    )(dice)
    passwords = [...asked.passwords, ...passwords].slice(0, 20)
    mail.remember(asked.texts)
    const cookies = dice.below(15) === 0 ? `Cookie: ${mutated(cookieHeader(csrfSecret))(dice)}` : browser.line()
    const lines = [...asked.lines, cookies.replace(/[\r\n\0]/g, "").slice(0, 12_000)]
    const bytes = request(asked.method, asked.target, lines, asked.body)
    const reply = await send(at.site, bytes)
    if (reply === undefined) return
    if (cookies === browser.line()) browser.keep(reply)
    const [redirect = ""] = redirectsOf(reply)
    const [, path] = /^\/account\/(\w+\/\w+\/set-password)\/?$/.exec(redirect) ?? []
    if (path !== undefined) opened = { browser, path }
    else if (dice.below(4) === 0) opened = undefined
    const isAnonymous = reply.status === 401 || redirect.startsWith("/accounts/login/")
    if (isAnonymous) browser.cookies.delete("sessionid")
    if (isCarriedOut(asked, reply)) carriedOut.set(asked.page, (carriedOut.get(asked.page) ?? 0) + 1)
    await checkSession(at, reply, bytes)
    checkSecrets(at, reply, bytes)
  }
  return { step, carriedOut, count: () => requests }
}

/** The browser has a CSRF cookie from now on. */
const csrfSecretOf = ({ cookies }: Jar): string => {
  const secret = cookies.get("csrftoken") ?? "a".repeat(32)
  cookies.set("csrftoken", secret)
  return secret
}

/** Whether a form did what it is for. */
const isCarriedOut = ({ method, page }: AccountRequest, reply: Reply): boolean => {
  if (method !== "POST" || reply.status === 403) return false
  const [redirect] = redirectsOf(reply)
  if (redirect !== undefined) return !redirect.startsWith("/accounts/login/")
  const isLast = page === "logout" || page === "deactivate" || page === "delete"
  return (
    isLast && reply.status === 200 && (isHtml(reply) ? !reply.body.includes("<form") : !reply.body.includes('"form"'))
  )
}
