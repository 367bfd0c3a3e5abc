/** What holds for sessions that are bound to devices, in every order. */
import * as Core from "../../src/core/index.ts"
import { keys } from "./device-operations.ts"
import type { End, Law } from "./explore.ts"
import { type Request, sessions } from "./operations.ts"
import { bindingId, dataOf, keyOf, type Response } from "./request.ts"
import type { World } from "./world.ts"

/** The public key in the row of a session; `undefined`: it is not bound. */
const keyIn = (world: World, key: string): string | undefined => {
  const json = dataOf(world.table.rows.get(keyOf(key))?.text ?? "[]").get(Core.DeviceBinding.dataKey)
  const binding = json === undefined ? undefined : Object(JSON.parse(String(json)))
  return binding?.jwk === undefined ? undefined : JSON.stringify(binding.jwk)
}

const rowsOf = (world: World, family: string): ReadonlyArray<string> =>
  [...world.table.rows.keys()].filter((key) => world.past.family.get(key) === family)

const isUnproven = ({ from, isProven }: Request): boolean => from === "bound" && isProven === false

const staysBound: Law = {
  sentence: "a bound session is bound to its first device under every key that it gets, until it ends",
  finds: ["core: a change of the password drops the binding", "core: a new key drops the binding"],
  always: (world) => {
    for (const key of rowsOf(world, "bound"))
      if (keyIn(world, key) !== JSON.stringify(keys.own)) return `the bound session has the device ${keyIn(world, key)}`
    return undefined
  }
}

const closed: Law = {
  sentence: "a request without a proof shows no user of a bound session, writes nothing, and keeps its cookie",
  finds: ["core: a session without its proof is open"],
  atRest: ({ responses }) => {
    for (const [request, { foundNone, issued, removed, stored, told }] of responses) {
      if (!isUnproven(request) || foundNone || /^(log|re)/.test(request.name)) continue
      const wrote = stored !== undefined || issued !== undefined || removed
      if (wrote || told !== undefined) return `"${request.name}" acts in the bound session`
    }
    return undefined
  }
}

const open: Law = {
  sentence: "a request with its proof shows the user while the session goes on",
  finds: ["core: a session with its proof is closed"],
  atRest: ({ operations, responses }) => {
    if (!operations.every(({ name }) => /^(visit|write|refresh|register|half)/.test(name))) return undefined
    for (const [{ isProven, name }, { outcome, told }] of responses)
      if (isProven === true && name.startsWith("visit") && outcome === "Responded" && told !== "alice")
        return `"${name}" shows ${told}`
    return undefined
  }
}

const refreshes: Law = {
  sentence: "a refresh by the key of a bound session is answered 200, or 503 when the session ends or moves; never 4xx",
  finds: ["core: a proof beside a new key is answered 404"],
  atRest: ({ responses }) => {
    for (const [{ from, name }, { endpoint, outcome }] of responses)
      if (from === "bound" && name.startsWith("refresh (") && outcome !== "Unavailable" && endpoint !== 200)
        if (endpoint !== 503) return `the refresh is answered ${endpoint}`
    return undefined
  }
}

const refreshesWithNothing: Law = {
  sentence:
    "a refresh writes no session and sets no session cookie, and is not answered 200 without the registered key",
  finds: ["core: a refresh stores the session", "core: a wrong proof is answered 200"],
  atRest: ({ responses }) => {
    for (const [{ from, name }, { endpoint, issued, removed, stored }] of responses) {
      if (!name.startsWith("refresh")) continue
      if (issued !== undefined || removed || stored !== undefined) return `"${name}" changes the session`
      const isRegistered = from === "bound" || responses.some(([request]) => request.name === "register (offered)")
      if (endpoint === 200 && (name.includes("another") || !isRegistered)) return `"${name}" is answered 200`
    }
    return undefined
  }
}

const oneDevice: Law = {
  sentence: "one device registers for a login, and what it was told is what is stored",
  finds: ["core: a registration replaces another one"],
  atRest: ({ responses, world }) => {
    const registered = responses.filter(([{ name }, { endpoint }]) => name.startsWith("register") && endpoint === 200)
    if (registered.length > 1) return "two devices have registered"
    const [name] = registered.map(([request]) => request.name)
    if (name === undefined) return undefined
    const wanted = JSON.stringify(name.includes("another") ? keys.foreign : keys.own)
    for (const key of rowsOf(world, "offered"))
      if (keyIn(world, key) !== wanted) return `"${name}" was answered 200, and ${keyIn(world, key)} is stored`
    return undefined
  }
}

/** Whether a registration of the offered session was answered 503, and no fault was the reason. */
const isLost = ([{ name }, { endpoint, outcome }]: readonly [Request, Response]): boolean =>
  name === "register (offered)" && endpoint === 503 && outcome !== "Unavailable"

const offeredAgain: Law = {
  sentence:
    "a registration that is lost because the session got a new key is offered again by the response with the key",
  finds: ["core: a new key offers nothing"],
  atRest: (end) => {
    if (!end.responses.some(isLost) || end.operations.some(({ _tag }) => _tag !== "Request")) return undefined
    for (const key of rowsOf(end.world, "offered"))
      if (key !== sessions.offered && keyIn(end.world, key) === undefined && !isOffered(end, key))
        return `the session ${key} is not bound, and nothing is offered`
    return undefined
  }
}

const isOffered = ({ responses }: End, key: string): boolean =>
  responses.some(([, { issued, offer }]) => issued === key && offer === bindingId)

const offersOnce: Law = {
  sentence: "a session that has a device is offered nothing",
  finds: ["core: every new key offers a registration"],
  atRest: ({ responses, world }) => {
    for (const [{ name }, { issued, offer }] of responses)
      if (offer === bindingId && issued !== undefined && keyIn(world, issued) !== undefined)
        return `"${name}" offers a registration for a bound session`
    return undefined
  }
}

export const deviceLaws: ReadonlyArray<Law> = [
  staysBound,
  closed,
  open,
  refreshes,
  refreshesWithNothing,
  oneDevice,
  offeredAgain,
  offersOnce
]
