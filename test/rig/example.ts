/** The example server of `examples/node`, as a user starts it: a process of its own. */
import { fileURLToPath } from "node:url"
import { start } from "./child.ts"
import type { DjangoOptions, Site } from "./django.ts"

/** What the example shares with Django, and what is its own. */
export interface ExampleOptions extends Partial<DjangoOptions> {
  /** The file to start; default `examples/node/server.ts`. */
  readonly entry?: string
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url))

/** Starts the example on a free loopback port. @returns once it listens; `stop` rejects when it does not exit with 0 */
export const startExample = async (options: ExampleOptions = {}): Promise<Site> => {
  const child = start(process.execPath, [options.entry ?? "examples/node/server.ts"], {
    cwd: ROOT,
    env: {
      PORT: "0",
      DATABASE_URL: options.databaseUrl,
      SECRET_KEY: options.secretKey,
      SECRET_KEY_FALLBACKS: options.secretKeyFallbacks?.join(","),
      PASSWORD_ITERATIONS: options.passwordIterations === undefined ? undefined : String(options.passwordIterations),
      SESSION_ENGINE: options.sessionEngine,
      SESSION_FILE_PATH: options.sessionFilePath,
      ...options.env
    }
  })
  const [, url = ""] = await child.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return {
    url,
    output: child.output,
    stop: async () => {
      const code = await child.stop()
      if (code !== 0) throw new Error(`the example exited with ${code} after SIGTERM:\n${child.output()}`)
    }
  }
}
