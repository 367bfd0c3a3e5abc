/** What a browser keeps of a bound session, and what it reads in the headers and bodies of device-bound sessions. */
import type { DeviceKey } from "./device-key.ts"

/** A session that is bound to the key of a browser. */
export interface BoundSession extends Instructions {
  readonly origin: string
  readonly key: DeviceKey
  /** The challenge that the site has sent last; `undefined`: a refresh begins with a request without a proof. */
  challenge: string | undefined
  /** The proof that was made of {@link challenge}. It is sent again until the site sends something new. */
  proof: string | undefined
  /** The refresh that goes on. */
  refreshing: Promise<Skipped | undefined> | undefined
  failures: number
  /** No refresh before this instant, in epoch milliseconds. */
  notBefore: number
}

/** Why a request leaves without the short cookie. */
export type Skipped = "unreachable" | "server_error" | "quota_exceeded"

/** What a site answers to a registration or a refresh. */
export interface Instructions {
  readonly id: string
  readonly refreshUrl: string
  /** The names of the short cookies. */
  readonly cookies: ReadonlyArray<string>
  /** The prefixes of paths that are not refreshed. */
  readonly excluded: ReadonlyArray<string>
}

/** A registration that a site offers. */
export interface Offer {
  readonly path: string
  readonly challenge: string
  readonly authorization: string | undefined
}

/** Reads `Secure-Session-Registration`: `(ES256 RS256);path="…";challenge="…", …`. Only offers with ES256 count. */
export const offersOf = (header: string | null): ReadonlyArray<Offer> =>
  [...(header ?? "").matchAll(/\(([^)]*)\)((?:\s*;\s*[a-z_]+="[^"]*")*)/g)].flatMap(
    ([, algorithms = "", more = ""]) => {
      const { authorization, challenge = "", path } = parametersOf(more)
      return path !== undefined && algorithms.split(" ").includes("ES256") ? [{ path, challenge, authorization }] : []
    }
  )

/** Reads `Secure-Session-Challenge`: `"…";id="…"`. */
export const challengeOf = (header: string | null): { readonly challenge: string; readonly id: string } | undefined => {
  const [, challenge, id] = /^"([^"]*)"\s*;\s*id="([^"]*)"$/.exec(header ?? "") ?? []
  return challenge === undefined || id === undefined ? undefined : { challenge, id }
}

/** Reads instructions. `"Ended"`: the site ends the bound session. `undefined`: there are none. */
export const instructionsOf = (body: string): Instructions | "Ended" | undefined => {
  const value = parsed(body)
  const { continue: goesOn, credentials, refresh_url: refreshUrl, scope, session_identifier: id } = value
  if (goesOn === false) return "Ended"
  if (typeof id !== "string" || typeof refreshUrl !== "string" || !Array.isArray(credentials)) return undefined
  const rules: ReadonlyArray<unknown> = Object(scope).scope_specification ?? []
  return {
    id,
    refreshUrl,
    cookies: credentials.map((credential) => String(Object(credential).name)),
    excluded: rules.filter((rule) => Object(rule).type === "exclude").map((rule) => String(Object(rule).path))
  }
}

const parsed = (body: string): Readonly<Record<string, unknown>> => {
  try {
    return Object(JSON.parse(body))
  } catch {
    return {}
  }
}

const parametersOf = (text: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries([...text.matchAll(/;\s*([a-z_]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]))
