import { afterEach, describe, expect, it, vi } from "vitest"
import { ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import { consoleMail } from "../../../src/adapters/mail/console-mail.ts"
import { MailRefused } from "../../../src/adapters/ports/mail.ts"
import { mail } from "./mails.ts"

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describe("consoleMail", () => {
  it("prints recipient, subject and text", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {})
    await consoleMail().send(mail)
    const line = "-".repeat(79)
    expect(log.mock.calls).toEqual([
      [`${line}\nTo: ${mail.to}\nSubject: ${mail.subject}\n\n${mail.text.trimEnd()}\n${line}`]
    ])
  })

  it("prints no control characters to the terminal", async () => {
    const printed: Array<string> = []
    await consoleMail({ print: (text) => void printed.push(text) }).send({
      ...mail,
      text: "Hello \u001b[2Jalice\u009b\r\nLink\n"
    })
    expect(printed[0]).toContain("Hello �[2Jalice��\nLink")
  })

  it("refuses a mail that would add headers", async () => {
    await expect(consoleMail().send({ ...mail, to: "a@b.example\nBcc: c@d.example" })).rejects.toThrow(MailRefused)
  })

  it("warns in production: the log would contain links that change passwords", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {})
    consoleMail()
    expect(warn).not.toHaveBeenCalled()
    vi.stubEnv("NODE_ENV", "production")
    consoleMail()
    expect(warn.mock.calls.flat().join()).toContain("in production use smtpMail")
  })

  it("refuses options that it does not have", () => {
    // @ts-expect-error: there is no such option
    expect(() => consoleMail({ from: "a@b.example" })).toThrow(ConfigurationInvalid)
  })
})
