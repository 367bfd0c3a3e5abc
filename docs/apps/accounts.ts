import express from "express"
import {
  consoleMail,
  createAuth,
  type FieldsOf,
  mailQueue,
  minimumLength,
  modelBackend,
  notEntirelyNumeric,
  type UserOf,
  userAttributeSimilarity
} from "latchkey"
import { memory } from "latchkey/memory"
import { authErrors, connectAuth, type WithAuth } from "latchkey/node"
import { connectAccounts } from "latchkey/node/accounts"

// Users and sessions are lost when the process ends. With a database: postgres({ url }) of "latchkey/postgres".
const { sessions, users } = memory({ userSessions: true })

const auth = createAuth({
  secretKey: process.env.SECRET_KEY,
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  passwordValidators: [userAttributeSimilarity(), minimumLength(), notEntirelyNumeric()]
})

declare global {
  namespace Express {
    interface Request extends WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>> {} // the type of req.auth
  }
}

// Prints mails. In production: mailQueue(smtpMail({ url: process.env.SMTP_URL, from: "…" })) of "latchkey/smtp".
const mail = mailQueue(consoleMail())

const app = express()
app.use(connectAccounts(auth, { mail, signUp: true, rememberMe: true, deactivation: true, deletion: true }))
app.use(connectAuth(auth))

app.get("/", async (req, res) => {
  const user = await req.auth.requireUser() // anonymous visitors get the login page
  res.send(`<p>Hello ${user.username}. <a href="/accounts/sessions">Your sessions</a></p>`)
})

app.use(authErrors)
const server = app.listen(3000)

// When the last request is done, the mails that are still waiting are sent, for at most 10 seconds.
process.once("SIGTERM", () => server.close(() => mail.drain()))
