import type { NodeResponse } from "./native/native.ts"

/** Calls a function once, when the response has left or the client has disconnected. */
export const afterResponse = (res: NodeResponse, then: () => void): void => {
  const done = (): void => {
    res.removeListener("finish", done)
    res.removeListener("close", done)
    then()
  }
  res.on("finish", done)
  res.on("close", done)
}
