import express from "express"
import { Hono } from "hono"
import Koa, { type DefaultState } from "koa"
import type { AnyFields, UserOf } from "latchkey"
import { honoAuth } from "latchkey/hono"
import { type KoaAuthContext, koaAuth } from "latchkey/koa"
import { connectAuth, nodeAuth, type WithAuth } from "latchkey/node"
import { listener, testSite } from "latchkey/testing"
import { expect, test } from "vitest"

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

const expressApp = express().use(connectAuth(site.auth))
expressApp.get("/", async (req, res) => void res.send(`Hello ${(await req.auth.requireUser()).username}.`))

const node = nodeAuth(site.auth, async (_, res, { requireUser }) => res.end(`Hello ${(await requireUser()).username}.`))

const hono = new Hono().use(honoAuth(site.auth))
hono.get("/", async (c) => c.text(`Hello ${(await c.var.auth.requireUser()).username}.`))

// Their handlers.
const apps = { Koa: listener(koa), Express: listener(expressApp), Node: listener(node), Hono: hono }

test.each(Object.entries(apps))("%s greets the user, without a socket", async (_, app) => {
  const alice = await site.browserOf("alice")
  expect(await (await alice.fetch(app, "/")).text()).toBe("Hello alice.")
})
