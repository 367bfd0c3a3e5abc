/**
 * What the tests need on the machine besides Node. When a service is missing, the tests that need it are skipped and
 * the reason is printed. With `LATCHKEY_TEST_SERVICES=required` in the environment they fail instead. With
 * `LATCHKEY_TEST_SERVICES=none` every service counts as missing.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { delimiter, join, relative } from "node:path"
import { expect } from "vitest"

export type ServiceName =
  | "postgres"
  | "pgbouncer"
  | "redis"
  | "valkey"
  | "openssl"
  | "chromium"
  | "certutil"
  | "python"
  | "bash"
  | "zsh"
  | "fish"

export type Service =
  | { readonly available: true; readonly reason: undefined }
  | { readonly available: false; readonly reason: string }

const wanted = process.env["LATCHKEY_TEST_SERVICES"]
/** Whether a missing service fails the tests that need it. */
export const required = wanted === "required"

const onPath = (program: string): string | undefined =>
  ["/usr/sbin", ...(process.env["PATH"] ?? "").split(delimiter)]
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file))

/** The folder with the programs of the newest PostgreSQL: Debian's, otherwise the one on PATH. */
const postgresFolder = (): string | undefined => {
  const root = "/usr/lib/postgresql"
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const debian = versions.map((version) => join(root, version, "bin")).find((bin) => existsSync(join(bin, "initdb")))
  const initdb = onPath("initdb")
  return debian ?? (initdb === undefined ? undefined : join(initdb, ".."))
}

/** The folder of a service's programs. */
export const programs = {
  postgres: postgresFolder,
  pgbouncer: () => onPath("pgbouncer"),
  redis: () => onPath("redis-server"),
  valkey: () => onPath("valkey-server"),
  openssl: () => onPath("openssl"),
  chromium: () => onPath("chromium"),
  certutil: () => onPath("certutil"),
  python: () => onPath("python3"),
  bash: () => onPath("bash"),
  zsh: () => onPath("zsh"),
  fish: () => onPath("fish")
} satisfies Record<ServiceName, () => string | undefined>

const packages = {
  postgres: "postgresql",
  pgbouncer: "pgbouncer",
  redis: "redis-server",
  valkey: "valkey-server",
  openssl: "openssl",
  chromium: "chromium",
  certutil: "libnss3-tools",
  python: "python3",
  bash: "bash",
  zsh: "zsh",
  fish: "fish"
} satisfies Record<ServiceName, string>

/**
 * Whether a service can be started here. Use as `describe.skipIf(!service("postgres").available)`. When it is missing,
 * the reason is printed; where services are required, an error is thrown.
 */
export const service = (name: ServiceName): Service =>
  serviceOf(
    programs[name]() === undefined ? `${name} is not installed (Debian: apt-get install ${packages[name]})` : undefined
  )

/** The same for a requirement that is not a program. @param missing why it is missing; `undefined` when it is there */
export const serviceOf = (missing: string | undefined): Service => {
  const reason = wanted === "none" ? "LATCHKEY_TEST_SERVICES=none" : missing
  if (reason === undefined) return { available: true, reason }
  if (required) throw new Error(`LATCHKEY_TEST_SERVICES=required, but ${reason}`)
  console.warn(`SKIPPED: ${reason}`) // run-notes.ts repeats it at the end of the run

  return { available: false, reason }
}

/**
 * The servers that suites about Redis run on: Redis, and Valkey if it is installed. Debian 12 has Valkey among its
 * backports only, so where services are required it may still be missing if apt does not offer it.
 */
export const redisKinds = (): ReadonlyArray<"redis" | "valkey"> => {
  if (required && programs.valkey() === undefined && !isOffered(packages.valkey)) {
    console.warn("SKIPPED: apt offers no Valkey")
    return ["redis"]
  }
  return service("valkey").available ? ["redis", "valkey"] : ["redis"]
}

/** Whether apt has a package that is not installed. */
const isOffered = (name: string): boolean => {
  const { stdout } = spawnSync("apt-cache", ["policy", name], { encoding: "utf8" })
  return /Candidate: (?!\(none\))/.test(stdout ?? "")
}

/**
 * Whether there is time for a suite that takes long and adds little to the other suites while code is written: only
 * where services are required, as in CI.
 */
export const longSuite = (): Service => serviceOf(required ? undefined : `${thisFile()} takes too long for npm test`)

/** Whether a suite may install packages from npm's registry, which takes minutes and a network. */
export const registryService = (): Service =>
  serviceOf(required ? undefined : `${thisFile()} installs packages from npm's registry`)

/** The path of the present test file in the repository. */
const thisFile = (): string => relative(join(import.meta.dirname, "../.."), expect.getState().testPath ?? "")
