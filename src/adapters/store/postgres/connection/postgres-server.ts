/** Address, login and encryption of the server: parses a URL or single options, and checks them. */
import { join } from "node:path"
import type { ConnectionOptions } from "node:tls"
import { ConfigurationInvalid } from "../../../errors/errors.ts"
import { boolean, callable, either, type Kinds, number, object, string } from "../../../options/option-kinds.ts"

export interface ServerOptions {
  /**
   * `postgres://user:password@host:port/database`. The query parameters `sslmode` and `application_name` mean the same
   * as in libpq. The parameter `host`, or a percent-encoded host, may be the directory of a Unix socket. Other
   * parameters are refused.
   */
  readonly url?: string | undefined
  /** Host name, IP address, or the directory of a Unix socket. */
  readonly host?: string
  readonly port?: number
  readonly user?: string
  /** A function is called for every new connection. */
  readonly password?: string | (() => string | Promise<string>)
  readonly database?: string
  /**
   * `true`: encrypts, and verifies the certificate. An object: Node's TLS options, encrypted too. Overrides `sslmode`.
   */
  readonly tls?: boolean | ConnectionOptions
}

/** The kinds of {@link ServerOptions}. */
export const serverKinds: Kinds<ServerOptions> = {
  url: string,
  host: string,
  port: number,
  user: string,
  password: either(string, callable),
  database: string,
  tls: either(boolean, object)
}

export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

export interface Tls {
  /** If `false`, the connection is made without encryption when the server does not offer it. */
  readonly required: boolean
  readonly options: ConnectionOptions
}

export interface Server {
  readonly address: Address
  readonly tls: Tls | undefined
  /**
   * Passed to the driver as it is. The driver uses `PGUSER`, `PGDATABASE` or the system's user name for what is
   * missing.
   */
  readonly identity: { readonly user?: string; readonly database?: string }
  readonly password: () => string | Promise<string>
  readonly applicationName: string
}

const verified: Tls = { required: true, options: {} }
const encrypted: Tls = { required: true, options: { rejectUnauthorized: false } }

/** @see PostgreSQL, libpq, "SSL Mode Descriptions" */
const sslModes: ReadonlyMap<string, Tls | undefined> = new Map([
  ["disable", undefined],
  ["allow", undefined],
  ["prefer", { ...encrypted, required: false }],
  ["require", encrypted],
  ["verify-ca", verified],
  ["verify-full", verified]
])

/** @throws ConfigurationInvalid without the URL in its message, because the URL contains a password */
export const parse = (options: ServerOptions): Server => {
  const url = parseUrl(options.url)
  const host = options.host ?? url?.host
  if (host === undefined || host === "")
    throw invalid("url: missing; set the variable that you pass as url, as DATABASE_URL, or write the option host")
  if (host.includes(",")) throw invalid("url: several hosts are not supported; write one host")
  const port = options.port ?? url?.port ?? 5432
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw invalid("port: must be a whole number from 1 to 65535")
  const user = options.user ?? url?.user
  const password = options.password ?? url?.password
  const database = options.database ?? url?.database
  return {
    address: host.startsWith("/") ? { path: join(host, `.s.PGSQL.${port}`) } : { host, port },
    tls: parseTls(options.tls) ?? (options.tls === false ? undefined : url?.tls),
    identity: {
      ...(user === undefined ? {} : { user }),
      ...(database === undefined ? {} : { database })
    },
    password: typeof password === "function" ? password : () => password ?? process.env["PGPASSWORD"] ?? "",
    applicationName: url?.applicationName ?? "latchkey"
  }
}

const parseTls = (tls: ServerOptions["tls"]): Tls | undefined =>
  tls === undefined || tls === false ? undefined : tls === true ? verified : { required: true, options: tls }

const parseUrl = (text: string | undefined) => {
  if (text === undefined || text === "") return undefined
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw invalid(`url: must be of the form postgres://user:password@host:port/database; ${percent}`)
  const unknown = [...new Set(url.searchParams.keys())].filter((name) => !parameters.has(name))
  // What comes before such an @ may be a part of the password, also where it looks like the name of a parameter.
  if (url.pathname.includes("@") || (unknown.length > 0 && `${url.search}${url.hash}`.includes("@")))
    throw invalid(`url: the host ends before an @, or a parameter is not supported; ${percent}`)
  const problems = unknown.map(unsupported)
  if (url.hash !== "") problems.push("url: contains a #; write it as %23")
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  const mode = url.searchParams.get("sslmode")
  if (mode !== null && !sslModes.has(mode))
    throw invalid(`url: unknown sslmode; the modes are ${[...sslModes.keys()].join(", ")}`)
  return {
    host: url.searchParams.get("host") ?? decode(url.hostname)?.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? undefined : Number(url.port),
    user: decode(url.username),
    password: decode(url.password),
    database: decode(url.pathname.slice(1)),
    tls: mode === null ? undefined : sslModes.get(mode),
    applicationName: url.searchParams.get("application_name") ?? undefined
  }
}

const percent =
  "in a password write / as %2F, ? as %3F, # as %23, @ as %40 (also in the name of the database), or use the options host, user, password and database"

const parameters: ReadonlySet<string> = new Set(["application_name", "host", "sslmode"])

const schema = "name the schema by the option schema of postgres()"
const inUrl = "write it before the parameters, or as an option"
const tlsFiles = "pass the certificate by the option tls"

/** Advice for parameters that other clients accept. */
const instead: ReadonlyMap<string, string> = new Map([
  ["options", `${schema}; other settings are those of the server's role or database (ALTER ROLE … SET …)`],
  ["schema", schema],
  ["search_path", schema],
  ["currentSchema", schema],
  ["port", inUrl],
  ["user", inUrl],
  ["password", inUrl],
  ["dbname", inUrl],
  ["connect_timeout", "use the option connectTimeoutSeconds"],
  ["pgbouncer", "use the option pooler"],
  ["connection_limit", "use the option max"],
  ["max", "use the option max"],
  ["ssl", "use sslmode, or the option tls"],
  ["sslrootcert", tlsFiles],
  ["sslcert", tlsFiles],
  ["sslkey", tlsFiles]
])

/** The message contains the name of a parameter, never its value. No name may be a part of the password. */
const unsupported = (name: string): string =>
  `url: the parameter ${JSON.stringify(name)} is not supported; ${instead.get(name) ?? "remove it"}`

const decode = (part: string): string | undefined => {
  try {
    return part === "" ? undefined : decodeURIComponent(part)
  } catch {
    throw invalid("url: a % is not followed by two hexadecimal digits; write a % as %25")
  }
}

const invalid = (problem: string) => new ConfigurationInvalid({ problems: [problem] })
