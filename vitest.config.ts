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

/** They compute, so that more workers than cores would only load the modules more often. */
const computing = { maxWorkers: availableParallelism(), sequence: { groupOrder: 0 } }
/** They wait half of the time: for deadlines, for servers, for Django. */
const waiting = { maxWorkers: availableParallelism() + 2, sequence: { groupOrder: 1 } }

export default defineConfig({
  plugins: [...mutation()],
  test: {
    // These limits end what hangs. On a slow and busy machine a test that takes a second may take half a minute.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ["default", new RunNotes()],
    // Suites that share a worker also share loaded modules: loading them took most of the time.
    isolate: false,
    projects: [
      { extends: true, test: { name: "unit", include: unit, pool: "threads", ...computing } },
      {
        extends: true,
        test: { name: "whole", include: ["test/**/*.test.ts"], exclude: [...unit, "test/package/apps/**"], ...waiting }
      }
    ]
  }
})
