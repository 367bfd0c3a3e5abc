/** An example server in a process of its own, as a user starts it. `LATCHKEY_EXAMPLE` selects it: node, koa or next. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { start } from "./child.ts"
import type { DjangoOptions, Site } from "./django.ts"
import { type Service, serviceOf } from "./services.ts"

/** The settings that the example shares with Django, and those that only the example has. */
export interface ExampleOptions extends Partial<DjangoOptions> {
  /** The file to start, instead of an example. */
  readonly entry?: string
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url))

interface Example {
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** What must exist before it can start, and how to create it. */
  readonly needs: ReadonlyArray<string>
  readonly remedy: string
  /** How long it may take until it listens. */
  readonly withinMs: number
}

const onNode = (name: string): Example => ({
  command: process.execPath,
  args: [`examples/${name}/server.ts`],
  needs: ["dist/index.js", `examples/${name}/server.ts`],
  remedy: "npm run build",
  withinMs: 120_000
})

const examples: Readonly<Record<string, Example>> = {
  node: onNode("node"),
  koa: onNode("koa"),
  next: {
    command: process.execPath,
    args: ["examples/next/start.mjs"],
    needs: ["dist/index.js", "examples/next/node_modules", "examples/next/.next/BUILD_ID"],
    remedy: "npm ci --prefix examples/next && npm run build --prefix examples/next",
    // Next builds again when its build is out of date.
    withinMs: 180_000
  }
}

/** The example that the environment variable selects. */
export const exampleName = process.env["LATCHKEY_EXAMPLE"] || "node"

const chosen = (): Example => {
  const example = examples[exampleName]
  if (example === undefined) throw new Error(`LATCHKEY_EXAMPLE is none of ${Object.keys(examples).join(", ")}`)
  return example
}

/** Whether the selected example can be started; works as `service` of services.ts. */
export const exampleService = (): Service => {
  const { needs, remedy } = chosen()
  const absent = needs.find((path) => !existsSync(join(ROOT, path)))
  return serviceOf(absent === undefined ? undefined : `the example ${exampleName} lacks ${absent} (${remedy})`)
}

/** An example that runs in a process of its own. */
export interface ExampleProcess extends Site {
  readonly pid: number
}

/** Starts the example on a free loopback port. @returns when it listens; `stop` rejects when the exit code is not 0 */
export const startExample = async (options: ExampleOptions = {}): Promise<ExampleProcess> => {
  const { args, command, withinMs } =
    options.entry === undefined ? chosen() : { ...onNode("node"), args: [options.entry] }
  const child = start(command, args, {
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
  const [, url = ""] = await child.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/, withinMs)
  return {
    url,
    pid: child.pid,
    output: child.output,
    stop: async () => {
      const code = await child.stop()
      if (code !== 0) throw new Error(`the example exited with ${code} after SIGTERM:\n${child.output()}`)
    }
  }
}
