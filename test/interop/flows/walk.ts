/** A flow walked through a world: two browsers, and one or two sites that they ask. */
import { type Jar, jar, keep, type Sent, send } from "./client.ts"
import { type Exchange, unmasked } from "./compare.ts"
import { type Ask, type Flow, HOST, nothing, type Shown, type Step, type Token } from "./requests.ts"

/** Who answers a step, and where. */
export type World = (step: Step) => { readonly by: Exchange["by"]; readonly url: string }

/** Only one site, whomever the step names. */
export const alone =
  (by: Exchange["by"], url: string): World =>
  () => ({ by, url })

/** One browser: its cookies, and the token that /csrf gave it last. */
interface Browser {
  readonly jar: Jar
  token: string | undefined
}

/** Asks step after step. @returns what was answered */
export const walk = async (flow: Flow, world: World): Promise<ReadonlyArray<Exchange>> => {
  const browsers: readonly [Browser, Browser] = [
    { jar: jar(), token: undefined },
    { jar: jar(), token: undefined }
  ]
  const exchanges: Array<Exchange> = []
  for (const step of flow) {
    if (step === nothing) continue
    const { by, url } = world(step)
    const [own, other] = step.browser === 0 ? browsers : [browsers[1], browsers[0]]
    const answer = await send(url, sent(step, own, other))
    keep(own.jar, answer.setCookie)
    if (step.ask.row === "GET /csrf") own.token = tokenOf(answer.body) ?? own.token
    exchanges.push({ step, by, answer })
  }
  return exchanges
}

const tokenOf = (body: string): string | undefined => body.match(/"token": ?"([a-zA-Z0-9]+)"/)?.[1]

const sent = (step: Step, own: Browser, other: Browser): Sent => {
  const { ask } = step
  const cookies = [shownAs("csrftoken", step.csrf, own, other), shownAs("sessionid", step.session, own, other)]
  const cookie = cookies.filter((text) => text !== undefined).join("; ")
  const token = tokenFor(ask, own, other)
  return {
    method: ask.body === undefined ? "GET" : "POST",
    target: ask.target,
    body: ask.body,
    headers: {
      host: HOST,
      ...(cookie === "" ? {} : { cookie }),
      ...(ask.body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { "x-csrftoken": token }),
      ...(ask.origin === undefined ? {} : { origin: ask.origin })
    }
  }
}

const shownAs = (name: string, shown: Shown, own: Browser, other: Browser): string | undefined => {
  if (typeof shown === "object") return shown.header
  const values = { own: own.jar.now, former: own.jar.former, "the other's": other.jar.now }[shown]
  const value = values.get(name)
  return value === undefined ? undefined : `${name}=${value}`
}

const tokenFor = (ask: Ask, own: Browser, other: Browser): string | undefined => {
  const chosen: Token = ask.token ?? "none"
  if (typeof chosen === "object") return chosen.header
  switch (chosen) {
    case "none":
      return undefined
    case "from /csrf":
      return own.token
    case "the bare secret":
      return own.token === undefined ? own.jar.now.get("csrftoken") : unmasked(own.token)
    case "the other's":
      return other.token
    default:
      return chosen satisfies never
  }
}
