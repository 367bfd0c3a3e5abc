import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { mutation } from "./test/mutation/plugin.ts"
import RunNotes from "./test/rig/run-notes.ts"

/** The core, the laws, requests in memory. These suites need no build and start no process: `npm run test:unit`. */
const unit = [
  "test/core/**/*.test.ts",
  "test/explorer/**/*.test.ts",
  "test/laws/**/*.test.ts",
  "test/testing/**/*.test.ts",
  "test/vectors.test.ts",
  "test/mutation/mutants.test.ts",
  "test/architecture.test.ts",
  "test/words/**/*.test.ts",
  "test/adapters/account/**/*.test.ts",
  "test/adapters/api/**/*.test.ts",
  "test/adapters/ports/**/*.test.ts",
  "test/adapters/request/**/*.test.ts",
  "test/adapters/backend/**/*.test.ts",
  "test/adapters/store/*.test.ts"
]

/** One adapter each, with sockets, files and servers, but called from the test's own process. */
const adapters = ["test/adapters/**/*.test.ts"]

export default defineConfig({
  plugins: [...mutation()],
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One more than the cores, because many suites wait: for deadlines, for servers, for Django.
    maxWorkers: availableParallelism() + 1,
    reporters: ["default", new RunNotes()],
    projects: [
      // Suites that share a worker also share loaded modules: loading them took most of the time.
      { extends: true, test: { name: "unit", include: unit, pool: "threads", isolate: false } },
      { extends: true, test: { name: "adapters", include: adapters, exclude: unit, isolate: false } },
      {
        extends: true,
        test: { name: "whole", include: ["test/**/*.test.ts"], exclude: [...unit, ...adapters, "test/package/apps/**"] }
      }
    ]
  }
})
