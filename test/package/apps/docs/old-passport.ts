/** An application on express-session and Passport, as their documentation shows it. Its users move to latchkey. */
import bcrypt from "bcrypt"
import connectPgSimple from "connect-pg-simple"
import express from "express"
import session from "express-session"
import passport from "passport"
import { Strategy } from "passport-local"
import { Pool } from "pg"

const pool = new Pool({ connectionString: process.env["DATABASE_URL"] })
await pool.query(`CREATE TABLE users (
  id serial PRIMARY KEY, email text UNIQUE NOT NULL, password_hash text NOT NULL, created_at timestamptz DEFAULT now()
)`)
await pool.query(
  "INSERT INTO users (email, password_hash) VALUES ('bob@example.com', 'none'), ('ada@example.com', $1)",
  [await bcrypt.hash("correct horse", 10)]
)

passport.use(
  new Strategy(async (username, password, done) => {
    const { rows } = await pool.query("SELECT * FROM users WHERE email = $1", [username])
    done(null, rows[0] && (await bcrypt.compare(password, rows[0].password_hash)) ? rows[0] : false)
  })
)
passport.serializeUser((user: Express.User & { readonly id?: number }, done) => done(null, user.id))
passport.deserializeUser(async (id, done) => {
  const { rows } = await pool.query("SELECT * FROM users WHERE id = $1", [id])
  done(null, rows[0] ?? false)
})

const app = express()
app.use(express.urlencoded())
app.use(
  session({
    secret: process.env["SESSION_SECRET"] ?? "",
    store: new (connectPgSimple(session))({ pool, createTableIfMissing: true }),
    resave: false,
    saveUninitialized: false
  })
)
app.use(passport.session())
app.post("/login", passport.authenticate("local"), (_req, res) => void res.json({}))
app.get("/me", (req, res) => void res.json(req.user ?? null))
app.listen(3000)
