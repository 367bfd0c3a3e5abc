/** A browser that has registered a device on a fuzzed site, and what it would send next. */
import { passwordOf } from "../../full-stack/site.ts"
import { ask, type Reply, request } from "../../full-stack/wire.ts"
import { type Device, makeDevice } from "../../rig/device.ts"

/** Only over https a login offers a registration. */
const https = ["X-Forwarded-Proto: https"]

export interface BoundBrowser {
  readonly device: Device
  readonly key: string
  /** The id of the binding. */
  readonly id: string
  /** The challenge of the registration. */
  readonly offered: string
  readonly post: (path: string, lines?: ReadonlyArray<string>) => Promise<Reply>
  /** A new challenge for a refresh. */
  readonly challenge: () => Promise<string>
  /** The status of a refresh without a mistake. */
  readonly refresh: () => Promise<number>
  /** The status of a registration without a mistake. */
  readonly register: () => Promise<number>
}

/** Logs in over https. */
export const boundBrowser = async (port: number, username: string): Promise<BoundBrowser> => {
  const device = makeDevice()
  const credentials = JSON.stringify({ username, password: passwordOf(username) })
  const login = await ask(port, request("POST", "/login", [...https, "Content-Type: application/json"], credentials))
  const [, offered = ""] = /challenge="([^"]*)"/.exec(login.headers.get("secure-session-registration")?.[0] ?? "") ?? []
  const [, key = ""] = /sessionid=([^;]*)/.exec(login.headers.get("set-cookie")?.join() ?? "") ?? []
  const [, id = ""] = offered.split(".")
  if (key === "" || id === "") throw new Error(`the login got ${login.status}, and no offer`)
  const post = (path: string, lines: ReadonlyArray<string> = []) =>
    ask(port, request("POST", path, [...https, `Cookie: sessionid=${key}`, ...lines]))
  const asked = `Sec-Secure-Session-Id: ${id}`
  const challenge = async () => {
    const { headers } = await post("/dbsc/refresh", [asked])
    return /^"([^"]*)"/.exec(headers.get("secure-session-challenge")?.[0] ?? "")?.[1] ?? ""
  }
  const proven = async (path: string, proof: string) =>
    (await post(path, [asked, `Secure-Session-Response: ${proof}`])).status
  return {
    device,
    key,
    id,
    offered,
    post,
    challenge,
    refresh: async () => proven("/dbsc/refresh", device.prove(await challenge())),
    register: () => proven("/dbsc/register", device.register(offered))
  }
}
