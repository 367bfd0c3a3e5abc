/** Creates the session store that SESSION_ENGINE names. */
import type { SessionStore } from "latchkey"
import type { Config } from "./config.ts"

export interface Engine {
  readonly sessions: SessionStore
  readonly close: () => Promise<void>
}

/** @param rows the session store of the database, for the engines that use it */
export const openEngine = async (config: Config, rows: SessionStore): Promise<Engine> => {
  switch (config.engine) {
    case "db":
      return { sessions: rows, close: async () => {} }
    case "cache": {
      const { redisSessions } = await import("latchkey/redis")
      const sessions = redisSessions({ url: config.redisUrl })
      return { sessions, close: sessions.close }
    }
    case "cached_db": {
      const { redisSessions } = await import("latchkey/redis")
      const { cachedDbSessions } = await import("latchkey/cached-db")
      const cache = redisSessions({ url: config.redisUrl, sessionPrefix: "django.contrib.sessions.cached_db" })
      return { sessions: cachedDbSessions({ rows, cache }), close: cache.close }
    }
    case "file": {
      const { fileSessions } = await import("latchkey/file")
      const sessions = fileSessions(config.sessionFilePath === undefined ? {} : { directory: config.sessionFilePath })
      return { sessions, close: async () => {} }
    }
    case "signed_cookies": {
      const { signedCookieSessions } = await import("latchkey/signed-cookies")
      const cookieAgeSeconds = config.authOptions.sessionCookie?.ageSeconds
      const sessions = signedCookieSessions(cookieAgeSeconds === undefined ? {} : { cookieAgeSeconds })
      return { sessions, close: async () => {} }
    }
    default:
      return config.engine satisfies never
  }
}
