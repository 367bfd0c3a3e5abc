/** Express with passport, express-session and connect-pg-simple, as their documentation shows them. */
import connectPgSimple from "connect-pg-simple"
import express from "express"
import session from "express-session"
import passport from "passport"
import { listen } from "../../servers/listen.ts"
import { checked, pool, sessionTable, userWith } from "./users.ts"

await sessionTable("web_session")
const Store = connectPgSimple(session)
const store = new Store({ pool, tableName: "web_session", disableTouch: true, pruneSessionInterval: false })

passport.serializeUser((user, done) => done(null, user.id))
passport.deserializeUser((id, done) => userWith(id).then((user) => done(null, user ?? false), done))

const app = express()
app.use(session({ store, secret: process.env.SECRET_KEY, resave: false, saveUninitialized: false }))
app.use(passport.session())
app.get("/me", (req, res) => void res.json({ user: req.user?.username ?? null }))
app.get("/write", (req, res) => {
  req.session.visited = Date.now()
  res.json({ user: req.user?.username ?? null })
})
app.get("/login", async (req, res, next) => {
  const user = await checked(req.query.user, "the password")
  req.login(user, (error) => (error ? next(error) : res.json({ user: user.username })))
})
app.get("/logout", (req, res, next) => {
  const user = req.user?.username ?? null
  req.session.destroy((error) => (error ? next(error) : res.json({ user })))
})
app.use((_, res) => void res.type("application/json").send("ok"))
listen(app)
