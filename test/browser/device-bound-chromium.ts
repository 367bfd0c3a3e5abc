/**
 * Chromium with device-bound sessions. On Linux it has no keys in hardware, so a flag lets it use keys in software. It
 * binds nothing on a site whose certificate it does not trust, also if a flag ignores the error: the certificate is signed
 * by an authority in the folder that is Chromium's HOME.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type BrowserContext, chromium } from "playwright-core"
import { programs } from "../rig/services.ts"

export interface TrustedFolder {
  readonly key: Buffer
  readonly certificate: Buffer
  readonly authority: Buffer
  /** Starts Chromium with a profile of this folder: always the same one, unless a name is given. */
  readonly launch: (profile?: string) => Promise<BrowserContext>
  readonly remove: () => void
}

/** Makes a certificate for these hosts, and a folder in which Chromium trusts it. */
export const trusting = (hosts: ReadonlyArray<string>): TrustedFolder => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-chromium-"))
  const database = join(folder, "home", ".pki", "nssdb")
  mkdirSync(database, { recursive: true })
  const run = (program: string, ...args: ReadonlyArray<string>): void =>
    void execFileSync(program, args, { cwd: folder, stdio: "pipe" })
  writeFileSync(
    join(folder, "extensions"),
    `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n`
  )
  const keys = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
  run("openssl", "req", "-x509", ...keys, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=a test")
  run("openssl", "req", ...keys, "-keyout", "key.pem", "-out", "leaf.csr", "-subj", "/CN=a test site")
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions"]
  run("openssl", "x509", "-req", "-in", "leaf.csr", "-out", "cert.pem", ...signed)
  run("certutil", "-d", `sql:${database}`, "-N", "--empty-password")
  run("certutil", "-d", `sql:${database}`, "-A", "-t", "C,,", "-n", "a test", "-i", "ca.pem")
  return {
    key: readFileSync(join(folder, "key.pem")),
    certificate: readFileSync(join(folder, "cert.pem")),
    authority: readFileSync(join(folder, "ca.pem")),
    launch: (profile = "profile") => {
      const executablePath = programs.chromium()
      if (executablePath === undefined) throw new Error("no Chromium here")
      return chromium.launchPersistentContext(join(folder, profile), {
        executablePath,
        env: { ...process.env, HOME: join(folder, "home") },
        args: [
          ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
          "--host-resolver-rules=MAP *.test 127.0.0.1",
          "--enable-features=DeviceBoundSessions,DeviceBoundSessionsDevTools,EnableBoundSessionCredentialsSoftwareKeysForManualTesting"
        ]
      })
    },
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}
