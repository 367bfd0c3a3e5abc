/** latchkey on Express. */
import express from "express"
import type { FieldsOf, UserOf } from "latchkey"
import { connectAuth, type WithAuth } from "latchkey/node"
import { answer, auth } from "./latchkey-work.ts"
import { listen } from "./listen.ts"

type Attached = WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>>

listen(
  express()
    .use(connectAuth(auth))
    .use(async (req, res) => {
      const body = await answer(req.url, (req as typeof req & Attached).auth)
      res.type("application/json").send(body)
    })
)
