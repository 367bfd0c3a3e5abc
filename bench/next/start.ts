/** Builds the application if it is not built, starts it, and prints its port as the other servers do. */
import { spawnSync } from "node:child_process"
import { existsSync, globSync, statSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { join } from "node:path"
import { listen } from "../servers/listen.ts"
import { linkLatchkey } from "./link.ts"

const here = import.meta.dirname
linkLatchkey()

// The build contains latchkey and the pages: an older one would be measured instead of them.
const sources = globSync(["app/**/*.ts", "next.config.ts", "../servers/*.ts", "../../dist/**/*.js"], { cwd: here })
const isBuilt = (file: string) =>
  existsSync(file) && sources.every((source) => statSync(join(here, source)).mtimeMs < statSync(file).mtimeMs)
if (!isBuilt(join(here, ".next/BUILD_ID"))) {
  const program = join(here, "node_modules/next/dist/bin/next")
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" }
  const { status } = spawnSync(process.execPath, [program, "build"], {
    cwd: here,
    env,
    stdio: ["ignore", "ignore", "inherit"]
  })
  if (status !== 0) throw new Error("the application on Next.js cannot be built")
}

const next = createRequire(join(here, "package.json"))("next")
const app = next({ dev: false, dir: here })
await app.prepare()
listen(createServer(app.getRequestHandler()))
