import { equal } from "node:assert/strict"
import { test } from "node:test"
import Fastify from "fastify"
import type { AnyFields, UserOf } from "latchkey"
import { connectAuth, type WithAuth } from "latchkey/node"
import { listener, testSite } from "latchkey/testing"

const site = testSite()

// The application under test.
declare module "node:http" {
  interface IncomingMessage extends WithAuth<UserOf<typeof site.auth>, AnyFields> {}
}

const app = Fastify()
const attach = connectAuth(site.auth)
app.addHook("onRequest", (request, reply, done) => attach(request.raw, reply.raw, done))
app.get("/", async (request) => `Hello ${(await request.raw.auth.requireUser()).username}.`)

test("Fastify greets the user, without a socket", async () => {
  const alice = await site.browserOf("alice")
  equal(await (await alice.fetch(listener(app), "/")).text(), "Hello alice.")
})

test("Fastify's own inject sends the cookies of a browser", async () => {
  const alice = await site.browserOf("alice")
  const response = await app.inject({ url: "/", headers: { cookie: alice.header } })
  equal(response.body, "Hello alice.")
})
