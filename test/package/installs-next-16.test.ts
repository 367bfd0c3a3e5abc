import { registryService, service } from "../rig/services.ts"
import { next16, testNextApplication } from "./next-application.ts"

testNextApplication({ ...next16, name: "Next.js 16", basePath: "" }, [registryService(), service("chromium")])
