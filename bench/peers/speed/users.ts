/** The users of `auth_user`, for libraries that leave users to the application: plain SQL and one hash. */
import { pbkdf2Sync, timingSafeEqual } from "node:crypto"
import pg from "pg"

export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })

/** Checks a password. @returns the user */
export const checked = async (username, password) => {
  const { rows } = await pool.query("SELECT id, username, password FROM auth_user WHERE username = $1", [username])
  if (rows[0] === undefined) return undefined
  const [, iterations, salt, hash] = rows[0].password.split("$")
  const found = pbkdf2Sync(password, salt, Number(iterations), 32, "sha256")
  return timingSafeEqual(found, Buffer.from(hash, "base64")) ? rows[0] : undefined
}

/** @returns the user with this id */
export const userWith = async (id) => {
  const { rows } = await pool.query({
    name: "user",
    text: "SELECT id, username, email, is_active FROM auth_user WHERE id = $1",
    values: [id]
  })
  return rows[0]
}

/** The table of connect-pg-simple. Made on a connection of its own: the first read of a process opens those of the pool. */
export const sessionTable = async (name) => {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${name} (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)`
  )
  await client.end()
}
