import { resolve } from "node:path"
import type { NextConfig } from "next"

const repository = resolve(import.meta.dirname, "../..")

const config: NextConfig = {
  // latchkey is linked here, and would not find this application's Next from its own folder.
  outputFileTracingRoot: repository,
  turbopack: {
    root: repository,
    resolveAlias: {
      "next/headers.js": "./node_modules/next/headers.js",
      "next/navigation.js": "./node_modules/next/navigation.js",
      "next/server.js": "./node_modules/next/server.js"
    }
  },
  compress: false,
  poweredByHeader: false,
  typescript: { ignoreBuildErrors: true }
}

export default config
