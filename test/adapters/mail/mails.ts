import type { MailLost, OutgoingMail } from "../../../src/adapters/mail/mail-queue.ts"
import type { Mail } from "../../../src/adapters/ports/mail.ts"

/** A mail with everything that must not reach a log. */
export const mail: Mail = {
  to: "alice@shop.example",
  subject: "Password reset on shop.example",
  text: "Follow this link:\n\nhttps://shop.example/accounts/reset/MQ/token-1234/\n"
}

export const outgoing = (userId = "17", to = mail.to): OutgoingMail => ({
  mail: { ...mail, to },
  purpose: "password reset",
  userId
})

/** Collects what a queue reports. */
export const losses = (): { readonly lost: Array<MailLost>; readonly report: (lost: MailLost) => void } => {
  const lost: Array<MailLost> = []
  return { lost, report: (each) => void lost.push(each) }
}
