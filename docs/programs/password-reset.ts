import {
  commonPassword,
  createAuth,
  minimumLength,
  modelBackend,
  notEntirelyNumeric,
  userAttributeSimilarity
} from "latchkey"
import { commonPasswords } from "latchkey/common-passwords"
import { memory } from "latchkey/memory"

const stores = memory()
const auth = createAuth({
  secretKey: "not a secret",
  sessions: stores.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
  passwordValidators: [
    userAttributeSimilarity(),
    minimumLength(),
    commonPassword(commonPasswords()),
    notEntirelyNumeric()
  ]
})
await auth.createUser({ username: "lovelace", email: "ada@example.com", password: "forgotten" })

/** Your mailer. */
const mails: Array<{ readonly to: string; readonly link: string }> = []

/** The handler of the form that asks for an e-mail address. */
const sendLinks = async (address: string): Promise<string> => {
  for (const user of await auth.passwordResetRecipients(address)) {
    const token = await auth.passwordResetToken(user)
    if (token) mails.push({ to: user.email, link: `/reset/${auth.passwordResetUid(user)}/${token}/` })
  }
  return "If we know this address, a mail is on its way."
}

/** The handler of the page that the link opens. */
const choosePassword = async (link: string, password: string): Promise<string> => {
  const [, , uid = "", token = ""] = link.split("/")
  const user = await auth.passwordResetUser(uid)
  if (!user || !(await auth.checkPasswordResetToken(user, token))) return "This link is not valid, or no longer valid."
  const problems = await auth.validatePassword(password, user)
  if (problems.length > 0) return problems.map(({ message }) => message).join("\n  ")
  if (!(await auth.resetPassword(user, token, password))) return "This link is not valid, or no longer valid."
  return "Your password was changed."
}

console.log("nobody@example.com:", await sendLinks("nobody@example.com"))
console.log("Ada@Example.com:   ", await sendLinks("Ada@Example.com"))
console.log(
  "mails to:",
  mails.map(({ to }) => to)
)
const link = mails[0]?.link ?? ""
for (const password of ["12345", "Love Lace", "analytical engine", "difference engine"])
  console.log(`${password}:\n  ${await choosePassword(link, password)}`)
