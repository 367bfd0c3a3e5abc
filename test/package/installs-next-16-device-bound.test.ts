import { registryService } from "../rig/services.ts"
import { next16, testNextApplication } from "./next-application.ts"

const device = { ...next16, name: "Next.js 16 with a proxy for bound sessions", basePath: "", isDeviceBound: true }
testNextApplication(device, [registryService()])
