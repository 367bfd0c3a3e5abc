import { existsSync } from "node:fs"
import { join } from "node:path"
import { longSuite, service, serviceOf } from "../rig/services.ts"
import { badInputOn } from "./bad-input-on-example.ts"

const isBuilt = existsSync(join(import.meta.dirname, "../../examples/next/.next/BUILD_ID"))

badInputOn(
  "examples/next/server.ts",
  longSuite(),
  service("postgres"),
  serviceOf(isBuilt ? undefined : "examples/next is not built (npm ci && npm run build, in that folder)")
)
