import { registryService, service } from "../rig/services.ts"
import { next15, testNextApplication } from "./next-application.ts"

testNextApplication(
  {
    ...next15,
    name: "the oldest Next.js and React that the manifest allows",
    packages: {
      next: "15.0.0",
      react: "18.2.0",
      "react-dom": "18.2.0",
      "@types/react": "18.2.79",
      typescript: "5.9.3"
    },
    basePath: "/shop"
  },
  [registryService(), service("chromium")]
)
