import type { AddressInfo } from "node:net"

/** Something that listens: Node's server, Koa, Express. */
interface Listens {
  listen(port: number, host: string, then: () => void): { address(): AddressInfo | string | null }
}

/** Starts a server on a free port of the loopback interface and prints the port, which the bench reads. */
export const listen = (server: Listens): void => {
  const listening = server.listen(0, "127.0.0.1", () => {
    const address = listening.address()
    console.log(`listening on ${typeof address === "object" ? address?.port : address}`)
  })
}

/** Path and query of a URL. */
export const targetOf = (url: string): string => url.slice(url.indexOf("/", "https://".length))
