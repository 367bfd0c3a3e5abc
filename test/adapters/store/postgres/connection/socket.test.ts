import { execFileSync } from "node:child_process"
import { chownSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type ClientOptions, createClient } from "../../../../../src/adapters/store/postgres/connection/client.ts"
import { prepare } from "../../../../../src/adapters/store/postgres/connection/statement.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { startProxy, type TcpProxy } from "../../../../rig/tcp-proxy.ts"
import { folderFor, unprivileged } from "../../../../rig/unprivileged.ts"

const encrypted = prepare("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
const available = service("postgres").available && service("openssl").available

/** A self-signed certificate for 127.0.0.1. */
const certify = (folder: string) => {
  const key = join(folder, "key.pem")
  const certificate = join(folder, "certificate.pem")
  const what = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
  const where = ["-keyout", key, "-out", certificate]
  execFileSync("openssl", ["req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", ...what, ...where], {
    stdio: "ignore"
  })
  const { uid, gid } = unprivileged()
  if (uid !== undefined && gid !== undefined) for (const file of [key, certificate]) chownSync(file, uid, gid)
  return { key, certificate, ca: readFileSync(certificate, "utf8") }
}

describe.skipIf(!available)("a socket to PostgreSQL", () => {
  let server: PostgresServer
  let plain: PostgresServer
  let proxy: TcpProxy
  let folder: string
  let ca: string

  beforeAll(async () => {
    folder = folderFor(unprivileged(), "tls")
    const files = certify(folder)
    ca = files.ca
    const rules = join(folder, "hba")
    writeFileSync(rules, "host all carol all scram-sha-256\nhost all all all trust\n")
    server = await startPostgres({
      ssl: "on",
      ssl_cert_file: files.certificate,
      ssl_key_file: files.key,
      hba_file: rules
    })
    plain = await startPostgres()
    proxy = await startProxy(server)
  })
  afterAll(async () => {
    await proxy?.close()
    await server?.stop()
    await plain?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  const ask = async (options: ClientOptions) => {
    const client = createClient(options)
    const answer = await Effect.runPromise(
      client.run(encrypted(), "once").pipe(
        Effect.map((rows) => rows[0]?.["ssl"]),
        Effect.catch((failure) => Effect.succeed(failure.code))
      )
    )
    await client.close()
    return answer
  }

  it("is encrypted, and the certificate verified, when TLS is configured", async () => {
    expect(await ask({ url: server.url, tls: { ca } })).toBe(true)
    expect(await ask({ url: server.url.replace("127.0.0.1", "localhost"), tls: { ca } })).toBe(true)
  })
  it("does not accept a certificate of an unknown authority", async () => {
    expect(await ask({ url: server.url, tls: true })).toBe("DEPTH_ZERO_SELF_SIGNED_CERT")
    expect(await ask({ url: `${server.url}?sslmode=verify-full` })).toBe("DEPTH_ZERO_SELF_SIGNED_CERT")
  })
  it.each([
    ["disable", false, false],
    ["prefer", true, false],
    ["require", true, "TLS_REFUSED"]
  ])("follows sslmode=%s", async (mode, offered, notOffered) => {
    expect(await ask({ url: `${server.url}?sslmode=${mode}` })).toBe(offered)
    expect(await ask({ url: `${plain.url}?sslmode=${mode}` })).toBe(notOffered)
  })
  it("fails at the deadline when the server is silent, also with TLS", async () => {
    const client = createClient({ url: proxy.through(server.url), tls: { ca }, max: 1 })
    expect((await Effect.runPromise(client.run(encrypted(), "once")))[0]?.["ssl"]).toBe(true)
    proxy.forget()
    const since = performance.now()
    expect(await Effect.runPromise(Effect.flip(client.run(encrypted(), "once")))).toMatchObject({ code: "SILENT" })
    expect(performance.now() - since).toBeLessThan(5000)
    expect((await Effect.runPromise(client.run(encrypted(), "once")))[0]?.["ssl"]).toBe(true)
    await client.close()
  })
  it("logs in with a password, which may be a function that is called for each connection", async () => {
    const admin = createClient({ url: server.url })
    await Effect.runPromise(admin.run(prepare("CREATE ROLE carol LOGIN PASSWORD 'p:ss word'")(), "once"))
    await admin.close()
    const carols = server.url.replace("postgres@", "carol@")
    expect(await ask({ url: carols.replace("carol@", "carol:p%3Ass%20word@") })).toBe(false)
    expect(await ask({ url: carols, password: async () => "p:ss word" })).toBe(false)
    expect(await ask({ url: carols, password: "wrong" })).toBe("28P01")
    expect(await ask({ url: carols })).toBe("28P01")
    expect(await ask({ url: carols, password: () => Promise.reject(new Error("no vault")) })).toBe("UNKNOWN")
  })
  it("fails at the deadline when the server never completes the start of the connection", async () => {
    proxy.freeze()
    const since = performance.now()
    expect(await ask({ url: proxy.through(server.url), tls: { ca } })).toBe("CONNECT_TIMEOUT")
    expect(performance.now() - since).toBeLessThan(5000)
    await proxy.heal()
  })
})
