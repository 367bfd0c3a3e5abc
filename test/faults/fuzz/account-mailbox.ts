/** The mails of the account pages: each must go to the right address, and the client reads only its own. */
import { type MailQueue, mailQueue } from "latchkey"

/** A stored user. */
export interface Addressee {
  readonly username: string
  readonly email: string
}

export interface Mailbox {
  /** For the option `mail` of the account pages. */
  readonly queue: MailQueue
  /** How many mails were sent, by purpose. */
  readonly sent: ReadonlyMap<string, number>
  /** The links in mails that the client reads: `reset/<uid>/<token>`, the newest last. */
  readonly links: Array<string>
  /** The second parts of the links in mails to victims. */
  readonly victimTokens: Set<string>
  /** The user names of the victims. */
  readonly victims: Set<string>
  /** Remembers texts that the client sends in a form: new addresses are among them. */
  readonly remember: (texts: ReadonlyArray<string>) => void
}

const mostTexts = 500
const mostLinks = 6

/** @param changeTo a planted fault: sends a mail to another address than the right one */
export const mailbox = (
  find: (by: { readonly id: string } | { readonly email: string }) => ReadonlyArray<Addressee>,
  problems: Array<string>,
  changeTo: (to: string) => string = (same) => same
): Mailbox => {
  const sent = new Map<string, number>()
  const links: Array<string> = []
  const texts: Array<string> = []
  const victims = new Set<string>()
  const victimTokens = new Set<string>()
  const queue = mailQueue({ send: async () => {} })

  const isSent = (address: string): boolean => texts.some((text) => text.toLowerCase().includes(address.toLowerCase()))
  const send: MailQueue["send"] = async (outgoing) => {
    const { mail, purpose, userId } = outgoing
    const to = changeTo(mail.to)
    const report = (problem: string) =>
      problems.push(`a mail ${purpose} to ${JSON.stringify(to)} ${problem}: ${JSON.stringify(mail.text)}`)
    const [user] = userId === undefined ? [] : find({ id: userId })
    const isToVictim = find({ email: to }).some(({ username }) => victims.has(username))
    const isAboutVictim = user !== undefined && victims.has(user.username)
    switch (purpose) {
      case "passwordReset":
      case "signUpTaken":
      case "emailTaken":
        if (user?.email !== to) report("does not go to the stored address of the user")
        break
      case "verifyEmail":
      case "confirmEmail":
        if (isToVictim || isAboutVictim) report("goes to the address of another user, or is about one")
        if (!isSent(to)) report("goes to an address that was in no form")
        break
      case "emailChanged":
        if (isAboutVictim) report("says that the address of another user was changed")
        break
      default:
        report("has no known purpose")
    }
    const urls = mail.text.match(/[a-z]+:\/\/\S+/gi) ?? []
    for (const url of urls)
      if (!/^https?:\/\/example\.com\/account\/[\w./-]*$/.test(url)) report("has a link to another site")
    const [, link = ""] = /\/account\/((?:reset|verify|email)\/\S+?)\/?$/m.exec(urls.join("\n")) ?? []
    if (link !== "" && isToVictim) victimTokens.add(link.split("/")[2] ?? "")
    else if (link !== "") links.push(link)
    links.splice(0, links.length - mostLinks)
    const isDelivered = await queue.send(outgoing)
    if (isDelivered) sent.set(purpose, (sent.get(purpose) ?? 0) + 1)
    return isDelivered
  }
  return {
    queue: { ...queue, send },
    sent,
    links,
    victimTokens,
    victims,
    remember: (more) => {
      texts.push(...more)
      texts.splice(0, texts.length - mostTexts)
    }
  }
}
