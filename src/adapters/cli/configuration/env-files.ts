/**
 * Reads the application's .env files into the environment. With Next.js, as Next.js does it (`@next/env`). Otherwise
 * .env.local and .env. A variable that is set already keeps its value.
 */
import { createRequire } from "node:module"
import { join } from "node:path"
import { loadEnvFile } from "node:process"
import { wrongConfiguration } from "../command-failed.ts"
import { hasFunction } from "./application.ts"
import { isFile, shown } from "./auth-module.ts"

/** @param folder of the application. @throws {CommandFailed} for a file that cannot be read */
export const loadEnvFiles = (folder: string): void => {
  const next = nextEnv(folder)
  if (next !== undefined) {
    const log = { info: () => undefined, error: console.error }
    next.loadEnvConfig(folder, process.env["NODE_ENV"] !== "production", log)
    return
  }
  for (const file of [".env.local", ".env"].map((name) => join(folder, name)).filter(isFile)) {
    try {
      loadEnvFile(file)
    } catch (error) {
      throw wrongConfiguration(`${shown(file)} cannot be read: ${error instanceof Error ? error.message : error}`)
    }
  }
}

const nextEnv = (folder: string) => {
  try {
    // `@next/env` is a dependency of `next`: strict package managers show it only from there.
    const next = createRequire(join(folder, "package.json")).resolve("next/package.json")
    const loaded: unknown = createRequire(next)("@next/env")
    return hasFunction(loaded, "loadEnvConfig") ? loaded : undefined
  } catch {
    return undefined
  }
}
