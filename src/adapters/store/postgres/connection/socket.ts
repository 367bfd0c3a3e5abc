/**
 * Opens a socket to the server, with encryption if the options ask for it. The driver does not do this, because it
 * would hide the encrypted socket, and then this code could not notice when the server is silent.
 */
import { once } from "node:events"
import { connect as connectTcp, isIP, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { DatabaseFailure } from "./database-failure.ts"
import type { Server, Tls } from "./postgres-server.ts"

/** @see PostgreSQL, "Message Formats", SSLRequest */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/** @returns the connected and, if required, encrypted socket; rejects with the error, or after `withinSeconds` */
export const open = async (server: Server, withinSeconds: number): Promise<Socket> => {
  const tcp = connectTcp({ ...server.address, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
  let socket: Socket = tcp
  // An error of a socket that is no longer used must not end the process.
  tcp.on("error", () => {})
  const timer = setTimeout(
    () => socket.destroy(failure("CONNECT_TIMEOUT", "cannot connect in time")),
    withinSeconds * 1000
  )
  try {
    await once(tcp, "connect")
    if (server.tls === undefined || !(await offersTls(tcp, server.tls))) return tcp
    socket = connectTls({ ...servername(server), ...server.tls.options, socket: tcp })
    await once(socket, "secureConnect")
    return socket
  } catch (cause) {
    socket.on("error", () => {})
    socket.destroy()
    tcp.destroy()
    throw cause
  } finally {
    clearTimeout(timer)
  }
}

const servername = ({ address }: Server) =>
  "host" in address && isIP(address.host) === 0 ? { servername: address.host } : {}

const offersTls = async (tcp: Socket, { required }: Tls): Promise<boolean> => {
  tcp.write(sslRequest)
  const answer = await firstChunk(tcp)
  // Bytes after the first one were not encrypted, and may come from an attacker on the network (CVE-2021-23222).
  if (answer.length !== 1) throw failure("TLS_REFUSED", "unexpected answer to the offer of TLS")
  if (answer[0] === 0x53) return true
  if (required) throw failure("TLS_REFUSED", "the server does not offer TLS")
  return false
}

const firstChunk = (socket: Socket): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const ended = () => reject(failure("CLOSED", "the server closed the connection"))
    socket.once("error", reject).once("close", ended)
    socket.once("data", (chunk) => {
      socket.off("error", reject).off("close", ended)
      resolve(chunk)
    })
  })

const failure = (code: string, reason: string) => new DatabaseFailure({ code, reason, fate: "lost" })
