/** A real SMTP server for tests, on the loopback interface. */
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { SMTPServer, type SMTPServerOptions } from "smtp-server"

export interface ReceivedMail {
  readonly from: string
  readonly to: ReadonlyArray<string>
  /** Whether the connection was encrypted. */
  readonly isEncrypted: boolean
  /** Headers and body, as sent. */
  readonly source: string
}

export interface MailServer {
  readonly port: number
  readonly received: ReadonlyArray<ReceivedMail>
  /** The most connections that were open at the same time. */
  readonly mostConnections: () => number
  readonly openConnections: () => number
  readonly close: () => Promise<void>
}

/** Starts a server without encryption and login, unless the options say otherwise. */
export const startMailServer = async (options: SMTPServerOptions = {}): Promise<MailServer> => {
  const received: Array<ReceivedMail> = []
  let most = 0
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    authOptional: true,
    disableReverseLookup: true,
    onData: (stream, { envelope, secure }, callback) => {
      void text(stream).then((source) => {
        received.push({
          from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          isEncrypted: secure,
          source
        })
        callback()
      })
    },
    ...options
  })
  server.server.on("connection", () => {
    most = Math.max(most, server.connections.size + 1)
  })
  server.on("error", () => {})
  const listening = server.listen(0, "127.0.0.1")
  await once(listening, "listening")
  const address = listening.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return {
    port: address.port,
    received,
    mostConnections: () => most,
    openConnections: () => server.connections.size,
    close: () => new Promise((resolve) => server.close(() => resolve()))
  }
}

/** The body of a mail, decoded from quoted-printable. */
export const bodyOf = ({ source }: ReceivedMail): string => {
  const [head = "", ...rest] = source.split("\r\n\r\n")
  const body = rest.join("\r\n\r\n")
  if (!/^content-transfer-encoding: quoted-printable$/im.test(head)) return body.replaceAll("\r\n", "\n")
  const bytes = body
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, "latin1").toString("utf8").replaceAll("\r\n", "\n")
}
