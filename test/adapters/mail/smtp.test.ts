import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { SMTPServerOptions } from "smtp-server"
import { afterAll, afterEach, describe, expect, it, vi } from "vitest"
import { ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import { mailQueue } from "../../../src/adapters/mail/mail-queue.ts"
import { type SmtpMailOptions, smtpMail } from "../../../src/adapters/mail/smtp.ts"
import type { smtpMailer } from "../../../src/adapters/mail/smtp-mailer.ts"
import { loadPackage } from "../../../src/adapters/options/optional-package.ts"
import { MailDelayed, MailRefused } from "../../../src/adapters/ports/mail.ts"
import { freePort } from "../../rig/free-port.ts"
import { bodyOf, type MailServer, startMailServer } from "../../rig/mail-server.ts"
import { losses, mail, outgoing } from "./mails.ts"

const from = "Shop <no-reply@shop.example>"
const closing: Array<() => Promise<unknown>> = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const server = async (options: SMTPServerOptions = {}): Promise<MailServer> => {
  const started = await startMailServer(options)
  closing.push(started.close)
  return started
}

const mailer = (port: number, options: Partial<SmtpMailOptions> = {}) =>
  smtpMail({ url: `smtp://127.0.0.1:${port}`, from, ...options })

/** A server that reads and writes as the test says. */
const rawServer = async (talk: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>()
  const listening: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}).resume())
    talk(socket)
  })
  const port = await freePort()
  await new Promise<void>((resolve) => listening.listen(port, "127.0.0.1", resolve))
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    listening.close()
  })
  return port
}

const refusal = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode })

/** A certificate for 127.0.0.1, and the authority that signed it: itself. */
const folder = mkdtempSync(join(tmpdir(), "latchkey-mail-"))
afterAll(() => rmSync(folder, { recursive: true }))
const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
execFileSync(
  "openssl",
  `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${key} -out ${cert} -days 2 -subj /CN=mail -addext subjectAltName=IP:127.0.0.1`.split(
    " "
  ),
  { stdio: "ignore" }
)
const certified = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") }

describe("smtpMail", () => {
  it("sends a mail: sender, recipient, subject, text", async () => {
    const { port, received } = await server()
    await mailer(port).send({
      ...mail,
      subject: "Passwort für shop.example zurücksetzen",
      text: `Grüße\n\n${"x".repeat(1200)}\n.\n`
    })
    expect(received).toHaveLength(1)
    const [{ source = "", ...envelope } = {}] = received
    expect(envelope).toEqual({ from: "no-reply@shop.example", to: ["alice@shop.example"], isEncrypted: false })
    expect(source).toMatch(/^From: Shop <no-reply@shop\.example>\r$/m)
    expect(source).toMatch(/^To: alice@shop\.example\r$/m)
    expect(source).toMatch(/^Subject: =\?UTF-8\?Q\?Passwort_f=C3=BCr_shop/m)
    expect(source).toMatch(/^Auto-Submitted: auto-generated\r$/m)
    expect(source).toMatch(/^Date: /m)
    expect(source).toMatch(/^Message-ID: <[^>]+@shop\.example>\r$/m)
    expect(source.split("\r\n").every((line) => line.length <= 998)).toBe(true)
    expect(bodyOf(received[0]!)).toBe(`Grüße\n\n${"x".repeat(1200)}\n.\n`)
  })

  it("sends text and HTML as alternatives", async () => {
    const { port, received } = await server()
    await mailer(port).send({ ...mail, html: "<p>Follow this link</p>" })
    expect(received[0]?.source).toContain("Content-Type: multipart/alternative")
    expect(received[0]?.source).toContain("<p>Follow this link</p>")
  })

  it.each([
    ["a recipient with a line break", { to: "a@b.example\r\nBcc: c@d.example" }],
    ["two recipients", { to: "a@b.example, c@d.example" }],
    ["a subject with a line break", { subject: "Hello\r\nBcc: c@d.example" }]
  ])("refuses %s without connecting", async (_, bad) => {
    const { port, received, mostConnections } = await server()
    await expect(mailer(port).send({ ...mail, ...bad })).rejects.toThrow(MailRefused)
    expect([received, mostConnections()]).toEqual([[], 0])
  })

  it.each([
    [
      "the recipient",
      550,
      {
        onRcptTo: (_: unknown, __: unknown, done: (error: Error) => void) =>
          done(refusal(550, "<alice@shop.example> unknown"))
      }
    ],
    [
      "the sender",
      553,
      { onMailFrom: (_: unknown, __: unknown, done: (error: Error) => void) => done(refusal(553, "not you")) }
    ]
  ])("refuses a mail when the server refuses %s, and does not repeat what the server says", async (_, code, options) => {
    const { port } = await server(options)
    const error: unknown = await mailer(port)
      .send(mail)
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(MailRefused)
    expect(error).toMatchObject({ reason: `the server answered ${code}, EENVELOPE` })
    expect(JSON.stringify(error)).not.toContain("alice")
  })

  it("refuses a mail when the server refuses the content", async () => {
    const { port } = await server({
      onData: (stream, _, done) => stream.resume().on("end", () => done(refusal(554, "spam for alice@shop.example")))
    })
    await expect(mailer(port).send(mail)).rejects.toThrow("the server answered 554, EMESSAGE")
  })

  it("delays a mail when the server does not accept it yet", async () => {
    const { port } = await server({ onRcptTo: (_, __, done) => done(refusal(450, "greylisted")) })
    await expect(mailer(port).send(mail)).rejects.toThrow(MailDelayed)
  })

  it.each([
    ["accepts no connection", async () => freePort()],
    ["closes the connection without a greeting", () => rawServer((socket) => socket.end())],
    ["never greets", () => rawServer(() => {})],
    ["answers with nonsense", () => rawServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))],
    ["greets and then hangs", () => rawServer((socket) => socket.write("220 mail ESMTP\r\n"))]
  ])("delays a mail when the server %s", async (_, start) => {
    const sent = mailer(await start(), { deadlineSeconds: 0.2 }).send(mail)
    await expect(sent).rejects.toThrow(MailDelayed)
    await expect(sent).rejects.toThrow(/E(SOCKET|CONNECTION|TIMEDOUT|PROTOCOL)/)
  })

  it("closes the connection of a slow server when the signal aborts", async () => {
    const closed = vi.fn()
    const port = await rawServer((socket) => {
      socket.on("close", closed)
      const drip = setInterval(() => socket.write("220-still here\r\n"), 5)
      socket.on("close", () => clearInterval(drip))
    })
    const stop = new AbortController()
    const sent = mailer(port, { deadlineSeconds: 300 }).send(mail, { signal: stop.signal })
    setTimeout(() => stop.abort(), 60)
    await expect(sent).rejects.toThrow(MailDelayed)
    await vi.waitFor(() => expect(closed).toHaveBeenCalled(), 20_000)
  })

  describe("encrypts", () => {
    const starttls: SMTPServerOptions = { ...certified, disabledCommands: ["AUTH"] }
    const tls = { ca: certified.cert }

    it("with STARTTLS", async () => {
      const { port, received } = await server(starttls)
      await mailer(port, { tls }).send(mail)
      expect(received).toMatchObject([{ isEncrypted: true }])
    })

    it("from the start with smtps:", async () => {
      const { port, received } = await server({ ...starttls, secure: true })
      await smtpMail({ url: `smtps://127.0.0.1:${port}`, from, tls }).send(mail)
      expect(received).toMatchObject([{ isEncrypted: true }])
    })

    it("or does not send: to a server without STARTTLS", async () => {
      const { port, received } = await server()
      await expect(mailer(port, { tls: true }).send(mail)).rejects.toThrow(MailDelayed)
      expect(received).toEqual([])
    })

    it.each([
      ["with STARTTLS", false, "smtp"],
      ["with smtps:", true, "smtps"]
    ])("or does not send: to a server with an unknown certificate, %s", async (_, secure, scheme) => {
      const { port, received } = await server({ ...starttls, secure })
      const sent = smtpMail({ url: `${scheme}://127.0.0.1:${port}`, from, tls: true }).send(mail)
      await expect(sent).rejects.toThrow(MailDelayed)
      expect(received).toEqual([])
    })

    it("unless the server is on this machine: its certificate is not asked for", async () => {
      const { port, received } = await server(starttls)
      await mailer(port).send(mail)
      expect(received).toMatchObject([{ isEncrypted: false }])
    })
  })

  describe("logs in", () => {
    const withLogin: SMTPServerOptions = {
      ...certified,
      authOptional: false,
      disabledCommands: [],
      onAuth: ({ password, username }, _, done) =>
        username === "shop@mail" && password === "p@ss:/word" ? done(null, { user: 1 }) : done(refusal(535, "wrong"))
    }
    const tls = { ca: certified.cert }

    it("with user and password of the URL", async () => {
      const { port, received } = await server(withLogin)
      await smtpMail({ url: `smtp://shop%40mail:p%40ss%3A%2Fword@127.0.0.1:${port}`, from, tls }).send(mail)
      expect(received).toHaveLength(1)
    })

    it("with user and password of the options", async () => {
      const { port, received } = await server(withLogin)
      await mailer(port, { username: "shop@mail", password: "p@ss:/word", tls }).send(mail)
      expect(received).toHaveLength(1)
    })

    it("and delays the mail when the password is wrong, without naming it", async () => {
      const { port } = await server(withLogin)
      const sent = mailer(port, { username: "shop@mail", password: "secret-p", tls }).send(mail)
      await expect(sent).rejects.toThrow(MailDelayed)
      await expect(sent).rejects.toThrow("the server answered 535, EAUTH")
    })
  })

  it.each([
    [{ url: "http://mail.shop.example" }, "smtpMail.url"],
    [{ url: "smtp://mail.shop.example/?pool=true" }, "smtpMail.url"],
    [{ url: "smtp://%ff@mail.shop.example" }, "smtpMail.url"],
    [{ url: "" }, "smtpMail.url"],
    [{ url: undefined }, "smtpMail.url is missing"],
    [{ from: "" }, "smtpMail.from"],
    [{ from: "Shop" }, "smtpMail.from"],
    [{ from: "a@b.example, c@d.example" }, "smtpMail.from"],
    [{ from: "Shop <a@b.example>\nBcc: c@d.example" }, "smtpMail.from"],
    [{ deadlineSeconds: 0 }, "smtpMail.deadlineSeconds"],
    [{ url: "smtps://mail.shop.example", tls: false }, "smtpMail.tls"],
    [{ pool: true }, "smtpMail.pool"]
  ])("cannot be made with %j", (options, problem) => {
    const given = { url: "smtp://mail.shop.example", from, ...options }
    expect(() => smtpMail(given)).toThrow(ConfigurationInvalid)
    expect(() => smtpMail(given)).toThrow(problem)
  })

  it("says that nodemailer must be installed", () => {
    const load = () =>
      loadPackage(
        "smtpMail",
        "nodemailer",
        () => {
          throw Object.assign(new Error(), { code: "MODULE_NOT_FOUND" })
        },
        (_): _ is Parameters<typeof smtpMailer>[1] => true
      )
    expect(load).toThrow("smtpMail: the package nodemailer is not installed; install it beside latchkey")
  })
})

describe("mailQueue before a real mail server", () => {
  it("delivers after greylisting", async () => {
    const seen = new Set<string>()
    const { port, received } = await server({
      onRcptTo: ({ address }, _, done) =>
        seen.size === seen.add(address).size ? done() : done(refusal(450, "greylisted"))
    })
    const queue = mailQueue(mailer(port), { retrySeconds: 0.02 })
    expect(
      await Promise.all([queue.send(outgoing("1", "a@b.example")), queue.send(outgoing("2", "c@d.example"))])
    ).toEqual([true, true])
    expect(received.map(({ to }) => to[0]).sort()).toEqual(["a@b.example", "c@d.example"])
  })

  it("delivers once the server is back", async () => {
    const port = await freePort()
    const queue = mailQueue(mailer(port), { retrySeconds: 0.02 })
    const sent = queue.send(outgoing())
    await new Promise((resolve) => setTimeout(resolve, 60))
    const received: Array<string> = []
    const listening = createServer((socket) => {
      socket.write("220 mail ESMTP\r\n")
      let isData = false
      socket.on("data", (chunk) => {
        const text = String(chunk)
        received.push(text)
        if (isData && text.endsWith("\r\n.\r\n")) isData = false
        else if (isData) return
        else if (text.startsWith("DATA")) isData = true
        socket.write(isData ? "354 go\r\n" : "250 ok\r\n")
      })
    }).listen(port, "127.0.0.1")
    closing.push(async () => listening.close())
    expect(await sent).toBe(true)
    expect(received.join("")).toContain("RCPT TO:<alice@shop.example>")
  })

  it("opens no more connections than `parallel`, and leaves none open", async () => {
    const { port, received, mostConnections, openConnections } = await server({
      onMailFrom: (_, __, done) => void setTimeout(done, 20)
    })
    const queue = mailQueue(mailer(port), { parallel: 3 })
    await Promise.all(Array.from({ length: 9 }, (_, n) => queue.send(outgoing(String(n), `${n}@b.example`))))
    expect(received).toHaveLength(9)
    expect(mostConnections()).toBeLessThanOrEqual(3)
    await vi.waitFor(() => expect(openConnections()).toBe(0), 20_000)
  })

  it("ends the connection of a hanging server when an attempt has taken too long", async () => {
    const { lost, report } = losses()
    const closed = vi.fn()
    const port = await rawServer((socket) => socket.on("close", closed).write("220 mail ESMTP\r\n"))
    const queue = mailQueue(mailer(port, { deadlineSeconds: 60 }), {
      attemptSeconds: 0.08,
      retrySeconds: 0.01,
      deadlineSeconds: 1.5,
      report
    })
    expect(await queue.send(outgoing())).toBe(false)
    expect(lost[0]?.attempts).toBeGreaterThan(1)
    await vi.waitFor(() => expect(closed.mock.calls.length).toBe(lost[0]?.attempts), 20_000)
  })

  it("logs what a server refused with the account's id, and neither address, link nor token", async () => {
    const { lost, report } = losses()
    const { port } = await server({ onRcptTo: (_, __, done) => done(refusal(550, "<alice@shop.example>: token-1234")) })
    expect(await mailQueue(mailer(port), { report }).send(outgoing())).toBe(false)
    expect(lost.map(({ message }) => message)).toEqual([
      'a mail was lost (password reset for account "17"; attempts: 1): the server answered 550, EENVELOPE'
    ])
    expect(JSON.stringify(lost)).not.toMatch(/alice|token|https/)
  })
})
