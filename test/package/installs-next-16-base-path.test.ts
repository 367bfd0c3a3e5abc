import { registryService, service } from "../rig/services.ts"
import { next16, testNextApplication } from "./next-application.ts"

testNextApplication({ ...next16, name: "Next.js 16 with a base path and trailing slashes", basePath: "/shop" }, [
  registryService(),
  service("chromium")
])
