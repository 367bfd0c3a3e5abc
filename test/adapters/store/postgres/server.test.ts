import { describe, expect, it } from "vitest"
import * as Server from "../../../../src/adapters/store/postgres/server.ts"

describe("where the server is", () => {
  it.each<[string, Server.Address]>([
    ["postgres://host/db", { host: "host", port: 5432 }],
    ["postgresql://host:6000/db", { host: "host", port: 6000 }],
    ["postgres://[::1]:6000/db", { host: "::1", port: 6000 }],
    ["postgres:///db?host=/var/run/postgresql", { path: "/var/run/postgresql/.s.PGSQL.5432" }],
    ["postgres://%2Fvar%2Frun%2Fpostgresql/db", { path: "/var/run/postgresql/.s.PGSQL.5432" }]
  ])("is read from %s", (url, address) => {
    expect(Server.parse({ url }).address).toEqual(address)
  })

  it("and who we are there, decoded", async () => {
    const { identity, password } = Server.parse({ url: "postgres://j%40ne:p%3Ass@host/d%20b" })
    expect(identity).toEqual({ user: "j@ne", database: "d b" })
    expect(await password()).toBe("p:ss")
  })

  it("is what single fields say, whatever the URL says", async () => {
    const url = "postgres://a:b@host:1/c?sslmode=require"
    const fields = { host: "other", port: 2, user: "d", password: "e", database: "f", tls: false }
    const server = Server.parse({ url, ...fields })
    expect(server).toMatchObject({ address: { host: "other", port: 2 }, identity: { user: "d", database: "f" } })
    expect(server.tls).toBeUndefined()
    expect(await server.password()).toBe("e")
  })
})
