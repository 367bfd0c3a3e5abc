import { resolve } from "node:path"
import type { NextConfig } from "next"

const repository = resolve(import.meta.dirname, "../..")

const config: NextConfig = {
  // Paths such as `/me` and `/accounts/login/` are Django's: Next must not redirect to add or remove a slash.
  skipTrailingSlashRedirect: true,
  // Handlers see the query as the client sent it. So a redirect to the login page and back keeps it unchanged.
  skipProxyUrlNormalize: true,

  // The shared endpoints and forms are outside of this folder, and so is latchkey itself, which is linked here. From
  // there it would not find this application's Next. A latchkey installed from a registry needs no alias.
  outputFileTracingRoot: repository,
  turbopack: {
    root: repository,
    resolveAlias: {
      "next/headers.js": "./node_modules/next/headers.js",
      "next/navigation.js": "./node_modules/next/navigation.js",
      "next/server.js": "./node_modules/next/server.js"
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
