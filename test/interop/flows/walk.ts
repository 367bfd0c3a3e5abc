/** Runs a flow in a world: two browsers that send requests to one or two sites. */
import { parseSetCookie } from "../../rig/browser.ts"
import { type Jar, jar, keep, type Sent, send } from "./client.ts"
import { type Exchange, unmasked } from "./compare.ts"
import {
  type Ask,
  defaultNames,
  type Flow,
  HOST,
  type Names,
  nothing,
  type Shown,
  type Step,
  type Token
} from "./step.ts"

/** The site that answers a step: its address, its signing keys, and the names of its cookies. */
export type World = (step: Step) => Pick<Exchange, "by" | "names" | "secretKey"> & { readonly url: string }

/** One browser: its cookies, and the last token that /csrf returned. */
interface Browser {
  readonly jar: Jar
  token: string | undefined
}

/** Two browsers, and what is known about the sessions of both. */
export interface Clients {
  readonly browsers: readonly [Browser, Browser]
  /** Session cookies that were set with a negative age: the sessions that they name have expired. */
  readonly ended: Set<string>
  /** Session cookies that a site replaced by another one. */
  readonly renewed: Set<string>
}

export const newClients = (): Clients => ({
  browsers: [
    { jar: jar(), token: undefined },
    { jar: jar(), token: undefined }
  ],
  ended: new Set(),
  renewed: new Set()
})

/** The session cookie that a step sends. */
export interface ShownSession {
  /** The text of the header; `undefined` when none is sent. */
  readonly header: string | undefined
  /** Whether the cookie was made up: no site ever set it. */
  readonly isForeign: boolean
  readonly hasEnded: boolean
  /** Whether a site has replaced it by another one. */
  readonly isRenewed: boolean
}

/** Whether a step is skipped, given the session cookie that it would send. */
export type LeavesOut = (ask: Ask, session: ShownSession) => boolean

export const leavesOutNothing: LeavesOut = () => false

/** Sends one step after the other. @returns the answers */
export const walk = async (
  flow: Flow,
  world: World,
  leavesOut: LeavesOut = leavesOutNothing,
  { browsers, ended, renewed }: Clients = newClients()
): Promise<ReadonlyArray<Exchange>> => {
  const exchanges: Array<Exchange> = []
  for (const step of flow) {
    if (step === nothing) continue
    const [own, other] = step.browser === 0 ? browsers : [browsers[1], browsers[0]]
    const { by, names, secretKey, url } = world(step)
    const header = shownAs(names.session, step.session, names, own, other)
    const hasEnded = header !== undefined && ended.has(header)
    const isRenewed = header !== undefined && renewed.has(header)
    if (leavesOut(step.ask, { header, isForeign: typeof step.session === "object", hasEnded, isRenewed })) continue
    const answer = await send(url, sent(step, header, names, own, other))
    keep(own.jar, answer.setCookie)
    for (const cookie of answer.setCookie.map(parseSetCookie)) {
      if (cookie.attributes.some(([name, value]) => name === "Max-Age" && Number(value) < 0))
        ended.add(`${cookie.name}=${cookie.value}`)
      if (header !== undefined && cookie.name === names.session && header !== `${cookie.name}=${cookie.value}`)
        renewed.add(header)
    }
    if (step.ask.row === "GET /csrf") own.token = tokenOf(answer.body) ?? own.token
    exchanges.push({ step, by, names, secretKey, answer })
  }
  return exchanges
}

const tokenOf = (body: string): string | undefined => body.match(/"token": ?"([a-zA-Z0-9]+)"/)?.[1]

const sent = (step: Step, session: string | undefined, names: Names, own: Browser, other: Browser): Sent => {
  const { ask } = step
  const cookies = [shownAs(names.csrf, step.csrf, names, own, other), session]
  const cookie = cookies.filter((text) => text !== undefined).join("; ")
  const token = tokenFor(ask.token, names, own, other)
  return {
    method: ask.body === undefined ? "GET" : "POST",
    target: ask.target,
    body: ask.body?.replaceAll("{token}", tokenFor(ask.form?.token, names, own, other) ?? ""),
    headers: {
      host: HOST,
      ...(cookie === "" ? {} : { cookie }),
      ...(ask.body === undefined ? {} : { "content-type": ask.form?.type ?? "application/json" }),
      ...(token === undefined ? {} : { [names.tokenHeader]: token }),
      ...(ask.origin === undefined ? {} : { origin: ask.origin })
    }
  }
}

const shownAs = (name: string, shown: Shown, names: Names, own: Browser, other: Browser): string | undefined => {
  if (typeof shown === "object") {
    const { csrf, session } = defaultNames
    return shown.header.replaceAll(session, names.session).replaceAll(csrf, names.csrf)
  }
  const values = { own: own.jar.now, former: own.jar.former, "the other's": other.jar.now }[shown]
  const value = values.get(name)
  return value === undefined ? undefined : `${name}=${value}`
}

const tokenFor = (chosen: Token = "none", names: Names, own: Browser, other: Browser): string | undefined => {
  if (typeof chosen === "object") return chosen.header
  switch (chosen) {
    case "none":
      return undefined
    case "from /csrf":
      return own.token
    case "the bare secret":
      return own.token === undefined ? own.jar.now.get(names.csrf) : unmasked(own.token)
    case "the other's":
      return other.token
    default:
      return chosen satisfies never
  }
}
