/** The applications of docs/apps, which the docs show, with the package installed as users install it. */
import { afterAll, beforeAll } from "vitest"
import type { Child } from "../rig/child.ts"
import { type Application, installLocked } from "./installed.ts"
import { type Packed, pack } from "./packed.ts"

const minutes = 60_000

export interface Documented {
  readonly app: () => Application
  /** Starts a server of the docs on a free port of 127.0.0.1, in place of the last one. @returns process and URL */
  readonly serve: (
    args: ReadonlyArray<string>,
    env?: Readonly<Record<string, string>>
  ) => Promise<{ readonly child: Child; readonly url: string }>
  /** Compiles one application on its own: two of them declare what the other's requests have. @returns the errors */
  readonly compile: (name: string) => Promise<string>
}

/** In a suite: installs what the applications of the docs need. */
export const documented = (): Documented => {
  let packed: Packed
  let app: Application
  let server: Child | undefined
  beforeAll(async () => {
    packed = pack()
    app = await installLocked("docs", packed.tarball, [])
    app.copy("docs/apps")
  }, 20 * minutes)
  afterAll(async () => {
    await server?.kill()
    app?.remove()
  })
  return {
    app: () => app,
    serve: async (args, env = {}) => {
      await server?.kill()
      const child = app.under(env).start("--import", "./loopback.mjs", ...args)
      server = child
      const [, url = ""] = await child.printed(/listening on (\S+)/, 5 * minutes)
      return { child, url }
    },
    compile: (name) => {
      const project = `tsconfig.${name}.json`
      app.write(project, JSON.stringify({ extends: "./tsconfig.json", files: [`${name}.ts`] }))
      return app.run("node_modules/typescript/bin/tsc", "-p", project)
    }
  }
}
