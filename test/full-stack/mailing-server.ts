/**
 * A server with the account pages, as a process: `node mailing-server.ts <framework> <port of the mail server> <seconds>`.
 * At SIGTERM it stops as docs/accounts.md says.
 */
import connect from "connect"
import Fastify from "fastify"
import Koa from "koa"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { koaAccounts } from "../../src/adapters/http/koa/koa-accounts.ts"
import { connectAccounts, fastifyAccounts } from "../../src/adapters/http/node/node-accounts.ts"
import { mailQueue } from "../../src/adapters/mail/mail-queue.ts"
import { smtpMail } from "../../src/adapters/mail/smtp.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../src/adapters/store/memory.ts"

const [framework = "", port = "", seconds = ""] = process.argv.slice(2)

const { sessions, users } = memory()
const auth = createAuth({
  secretKey: "of a server that stops Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
  sessions,
  backends: { model: modelBackend(users) },
  hashers: [pbkdf2Sha256({ iterations: 1 })]
})
for (const n of [1, 2, 3, 4, 5, 6])
  await auth.createUser({ username: `user${n}`, email: `user${n}@shop.example`, password: "secret" })

const mail = mailQueue(
  smtpMail({ url: `smtp://127.0.0.1:${port}`, from: "no-reply@shop.example", deadlineSeconds: 300 }),
  { parallel: 2, attemptSeconds: 300 }
)
const drained = () => mail.drain({ seconds: Number(seconds) })
const said = (address: unknown) => console.log(`listening on ${Object(address).port}`)

switch (framework) {
  case "connect": {
    const server = connect()
      .use(connectAccounts(auth, { mail }))
      .listen(0, "127.0.0.1", () => said(server.address()))
    process.once("SIGTERM", () => server.close(() => drained()))
    break
  }
  case "koa": {
    const server = new Koa().use(koaAccounts(auth, { mail })).listen(0, "127.0.0.1", () => said(server.address()))
    process.once("SIGTERM", () => server.close(() => drained()))
    break
  }
  case "fastify": {
    const app = Fastify()
    await app.register(fastifyAccounts(auth, { mail }))
    app.addHook("onClose", () => drained())
    process.once("SIGTERM", () => app.close())
    await app.listen({ port: 0, host: "127.0.0.1" })
    said(app.server.address())
    break
  }
  default:
    throw new Error(`no framework ${framework}`)
}
