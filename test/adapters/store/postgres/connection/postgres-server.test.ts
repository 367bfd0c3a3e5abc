import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../../src/adapters/errors/errors.ts"
import * as Server from "../../../../../src/adapters/store/postgres/connection/postgres-server.ts"

describe("the address of the server", () => {
  it.each<[string, Server.Address]>([
    ["postgres://host/db", { host: "host", port: 5432 }],
    ["postgresql://host:6000/db", { host: "host", port: 6000 }],
    ["postgres://[::1]:6000/db", { host: "::1", port: 6000 }],
    ["postgres:///db?host=/var/run/postgresql", { path: "/var/run/postgresql/.s.PGSQL.5432" }],
    ["postgres://%2Fvar%2Frun%2Fpostgresql/db", { path: "/var/run/postgresql/.s.PGSQL.5432" }]
  ])("is read from %s", (url, address) => {
    expect(Server.parse({ url }).address).toEqual(address)
  })

  it("is read together with user and password, decoded", async () => {
    const { identity, password } = Server.parse({ url: "postgres://j%40ne:p%3Ass@host/d%20b" })
    expect(identity).toEqual({ user: "j@ne", database: "d b" })
    expect(await password()).toBe("p:ss")
  })

  it.each([
    ["options=-csearch_path%3Dtenant1", "options", "schema of postgres()"],
    ["schema=tenant1", "schema", "schema of postgres()"],
    ["currentSchema=tenant1", "currentSchema", "schema of postgres()"],
    ["sslmode=disable&search_path=tenant1", "search_path", "schema of postgres()"],
    ["connect_timeout=10", "connect_timeout", "connectTimeoutSeconds"],
    ["password=hush", "password", "before the parameters"],
    ["SSLMODE=require", "SSLMODE", "remove it"],
    ["target_session_attrs=read-write&target_session_attrs=any", "target_session_attrs", "remove it"]
  ])("is refused with ?%s, which names the parameter and what to write instead", (query, name, advice) => {
    const parse = () => Server.parse({ url: `postgres://user:secret@host/db?${query}` })
    expect(parse).toThrow(ConfigurationInvalid)
    expect(parse).toThrow(`url: the parameter "${name}" is not supported; `)
    expect(parse).toThrow(advice)
    expect(parse).not.toThrow(/hush|secret|tenant1/)
  })

  it("is refused with all unknown parameters in one error, and with a fragment", () => {
    try {
      Server.parse({ url: "postgres://host/db?a=1&b=2&a=3#c" })
      expect.fail("it was accepted")
    } catch (error) {
      if (!(error instanceof ConfigurationInvalid)) throw error
      expect(error.problems).toEqual([
        'url: the parameter "a" is not supported; remove it',
        'url: the parameter "b" is not supported; remove it',
        "url: contains a #; write it as %23"
      ])
    }
  })

  it.each([
    "secret/x@host",
    "1/secret@host",
    "1/secret@host/db",
    "secret?x@host",
    "1?secret@host",
    "1?secret=x@host",
    "1?sslmode=require&secret=x@host",
    "1?secret#x@host",
    "1/x?secret=x@host"
  ])("says how to write a password such as that in %s, and does not quote it", (rest) => {
    const parsing = () => Server.parse({ url: `postgres://a:${rest}/db` })
    expect(parsing).toThrow(/^url: .*in a password write \/ as %2F/)
    expect(parsing).not.toThrow(/secret/)
  })

  it("may have an @ in the password, and in the name of the database as %40", () => {
    const { address, identity } = Server.parse({ url: "postgres://a:b@c@host/d%40e" })
    expect([address, identity.database]).toEqual([{ host: "host", port: 5432 }, "d@e"])
  })

  it("may have an @ in a parameter that it knows", () => {
    expect(Server.parse({ url: "postgres://host/db?application_name=a@b" }).applicationName).toBe("a@b")
  })

  it("says that an @ in the name of the database is written as %40, too", () => {
    expect(() => Server.parse({ url: "postgres://a:b@host/d@e" })).toThrow(
      "@ as %40 (also in the name of the database)"
    )
  })

  it("may be given by single options, which override the URL", async () => {
    const url = "postgres://a:b@host:1/c?sslmode=require"
    const fields = { host: "other", port: 2, user: "d", password: "e", database: "f", tls: false }
    const server = Server.parse({ url, ...fields })
    expect(server).toMatchObject({ address: { host: "other", port: 2 }, identity: { user: "d", database: "f" } })
    expect(server.tls).toBeUndefined()
    expect(await server.password()).toBe("e")
  })
})
