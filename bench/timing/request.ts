/** The request that a client sends for an account. */
import { formOf } from "./accounts.ts"
import { nameOf, type SceneName, sceneOf } from "./kinds.ts"

export const requestOf = (scene: SceneName, kind: string, index: number, port: number) => {
  const { path } = sceneOf(scene)
  const form = formOf(scene, nameOf(kind, index))
  const isPage = path.startsWith("/accounts")
  const body = isPage ? new URLSearchParams(form).toString() : JSON.stringify(form)
  const headers = {
    "content-type": isPage ? "application/x-www-form-urlencoded" : "application/json",
    "content-length": Buffer.byteLength(body),
    origin: `http://127.0.0.1:${port}`,
    // All kinds send as many bytes.
    "x-kind": kind.padEnd(6, "x").slice(0, 6)
  }
  return { path, headers, body }
}
