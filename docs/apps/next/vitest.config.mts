import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: {
    tsconfigPaths: true, // @/…
    alias: { "server-only": "next/dist/compiled/server-only/empty.js" }
  },
  oxc: { jsx: { runtime: "automatic" } },
  test: { setupFiles: ["test/setup.ts"], testTimeout: 60_000 } // laws try many orders of requests
})
