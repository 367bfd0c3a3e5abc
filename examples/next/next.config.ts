import { resolve } from "node:path"
import type { NextConfig } from "next"

const repository = resolve(import.meta.dirname, "../..")

const config: NextConfig = {
  // `/me` and `/accounts/login/` are both as Django has them: nobody is redirected to more slashes, or to fewer.
  skipTrailingSlashRedirect: true,
  // Handlers see the query as it was sent, and so does whoever is sent to the login page and back.
  skipProxyUrlNormalize: true,

  // The endpoints and forms that all examples share are outside of this folder, and so is latchkey itself, which is
  // linked here; there, it would not find this application's Next. What was installed from a registry finds it.
  outputFileTracingRoot: repository,
  turbopack: {
    root: repository,
    resolveAlias: {
      "next/headers.js": "./node_modules/next/headers.js",
      "next/navigation.js": "./node_modules/next/navigation.js"
    }
  },

  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "Referrer-Policy", value: "same-origin" },
        { key: "X-Content-Type-Options", value: "nosniff" }
      ]
    }
  ],
  compress: false,
  poweredByHeader: false,
  // `npx tsc -p examples/next` checks them.
  typescript: { ignoreBuildErrors: true },
  experimental: { useTypeScriptCli: true }
}

export default config
