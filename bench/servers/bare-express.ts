/** The baseline on Express. */
import express from "express"
import { answer } from "./bare-work.ts"
import { listen } from "./listen.ts"

const app = express()
if (process.env["EMPTY_MIDDLEWARE"] === "1") app.use((_req, _res, next) => next())
app.use(async (req, res) => {
  const { body, cookie } = await answer(req.url, req.headers.cookie)
  if (cookie !== undefined) res.setHeader("set-cookie", cookie)
  res.type("application/json").send(body)
})
listen(app)
