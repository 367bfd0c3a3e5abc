/** A small site with a real login, on Next.js. README.md in this folder says how to start it. */
import { existsSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { openApplication } from "../site/application.ts"
import { serve } from "../site/serve.ts"
import { share } from "./lib/application.ts"
import { decoded } from "./lib/decoded.ts"

const dir = import.meta.dirname
if (!existsSync(join(dir, ".next/BUILD_ID")))
  throw new Error("there is no build of this: npm run build --prefix examples/next")

const application = await openApplication(process.env)
share(application)

/** Next must know its port before it listens: when an action redirects, Next fetches the new page from itself. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

// Read before NODE_ENV is set for Next: outside production, a missing secret key is generated.
const port = application.config.port === 0 ? await freePort() : application.config.port
Object.assign(process.env, { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" })

const { default: next } = await import("next")
const site = next({ dev: false, dir, hostname: "127.0.0.1", port })
await site.prepare()

const answer = site.getRequestHandler()

serve({ ...application, config: { ...application.config, port } }, (req, res) => {
  req.url = decoded(req.url ?? "/")
  return answer(req, res)
})
