import { registryService, service } from "../rig/services.ts"
import { next15, react19, testNextApplication } from "./next-application.ts"

testNextApplication(
  {
    ...next15,
    name: "Next.js 15",
    packages: { ...react19, next: "15.5.29", typescript: "6.0.3" }, // Next 15 supports no newer TypeScript.
    basePath: ""
  },
  [registryService(), service("chromium")]
)
