/** An application on Auth.js with its adapter for PostgreSQL. Its users move to latchkey. */
import { Auth, type AuthConfig } from "@auth/core"
import Credentials from "@auth/core/providers/credentials"
import PostgresAdapter from "@auth/pg-adapter"
import { Pool } from "pg"

const pool = new Pool({ connectionString: process.env["DATABASE_URL"] })
// The tables that the adapter's documentation lists.
await pool.query(`
  CREATE TABLE IF NOT EXISTS verification_token (
    identifier TEXT NOT NULL, expires TIMESTAMPTZ NOT NULL, token TEXT NOT NULL, PRIMARY KEY (identifier, token)
  );
  CREATE TABLE IF NOT EXISTS accounts (
    id SERIAL PRIMARY KEY, "userId" INTEGER NOT NULL, type VARCHAR(255) NOT NULL, provider VARCHAR(255) NOT NULL,
    "providerAccountId" VARCHAR(255) NOT NULL, refresh_token TEXT, access_token TEXT, expires_at BIGINT, id_token TEXT,
    scope TEXT, session_state TEXT, token_type TEXT
  );
  CREATE TABLE IF NOT EXISTS sessions (
    id SERIAL PRIMARY KEY, "userId" INTEGER NOT NULL, expires TIMESTAMPTZ NOT NULL, "sessionToken" VARCHAR(255) NOT NULL
  );
  CREATE TABLE IF NOT EXISTS users (
    id SERIAL PRIMARY KEY, name VARCHAR(255), email VARCHAR(255), "emailVerified" TIMESTAMPTZ, image TEXT
  );
`)
const adapter = PostgresAdapter(pool)
const user = await adapter.createUser?.({ id: "", email: "ada@example.com", emailVerified: null, name: "Ada" })
// A session as Auth.js stores it after a login with a provider.
const sessionToken = crypto.randomUUID()
const expires = new Date(Date.now() + 86_400_000)
await adapter.createSession?.({ sessionToken, userId: String(user?.id), expires })
console.log(`session token: ${sessionToken}`)

const config: AuthConfig = {
  adapter,
  basePath: "/auth",
  trustHost: true,
  secret: process.env["AUTH_SECRET"] ?? "",
  session: { strategy: "jwt" },
  providers: [
    Credentials({
      credentials: { email: {} },
      authorize: () => (user === undefined ? null : { ...user, id: String(user.id) })
    })
  ]
}
export const handler = (request: Request): Promise<Response> => Auth(request, config)
