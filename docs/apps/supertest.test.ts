import { test } from "node:test"
import express from "express"
import Koa, { type DefaultState } from "koa"
import type { AnyFields, UserOf } from "latchkey"
import { type KoaAuthContext, koaAuth } from "latchkey/koa"
import { connectAuth, type WithAuth } from "latchkey/node"
import { testSite } from "latchkey/testing"
import supertest from "supertest"

const site = testSite()
type User = UserOf<typeof site.auth>

// The applications under test.
declare global {
  namespace Express {
    interface Request extends WithAuth<User, AnyFields> {}
  }
}

const koa = new Koa<DefaultState, KoaAuthContext<User, AnyFields>>()
koa.use(koaAuth(site.auth)).use(async (ctx) => {
  ctx.body = `Hello ${(await ctx.auth.requireUser()).username}.`
})

const expressApp = express().use(express.urlencoded(), connectAuth(site.auth))
expressApp.post("/cart", async (req, res) => {
  await req.auth.verifyCsrf(req.body)
  res.send(`Thank you, ${(await req.auth.requireUser()).username}.`)
})

test("a page of a Koa application", async () => {
  const alice = await site.browserOf("alice")
  await supertest(koa.callback()).get("/").set("Cookie", alice.header).expect(200, "Hello alice.")
  await supertest(koa.callback()).get("/").expect(302).expect("Location", "/accounts/login/?next=/")
})

test("a POST to an Express application, with the CSRF token", async () => {
  const alice = await site.browserOf("alice")
  const token = alice.cookie("csrftoken") ?? ""
  const post = () => supertest(expressApp).post("/cart").set("Cookie", alice.header)
  await post().set("X-CSRFToken", token).expect(200, "Thank you, alice.")
  await post().expect(403)
})
