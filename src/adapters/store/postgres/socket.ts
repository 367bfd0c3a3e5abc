/**
 * Opens a socket to the server, encrypted where that is asked for. It is done here and not by the driver, which would
 * hide the encrypted socket: its silence could not be heard.
 */
import { once } from "node:events"
import { connect as connectTcp, isIP, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { DatabaseFailure } from "./failure.ts"
import type { Server, Tls } from "./server.ts"

/** @see PostgreSQL, "Message Formats", SSLRequest */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/** @returns once connected and, where asked for, encrypted; rejects with what went wrong, or after `withinSeconds` */
export const open = async (server: Server, withinSeconds: number): Promise<Socket> => {
  const tcp = connectTcp({ ...server.address, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
  let socket: Socket = tcp
  // An error after the socket was given up must not end the process.
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
  // Whatever follows the one byte was not encrypted and may come from an attacker on the way (CVE-2021-23222).
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
