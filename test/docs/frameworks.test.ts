/** Each framework or runtime that README, docs and docstrings name is run by a test: on the contract, or installed. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..", "..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")

interface Shown {
  /** The test. */
  readonly file: string
  /** A text in the test that shows that it runs the framework. */
  readonly by: RegExp
}

const contract = (door: string, by: RegExp): Shown => ({ file: `test/adapters/http/${door}/contract.test.ts`, by })
const installed = (file: string, by: RegExp): Shown => ({ file: `test/package/framework-${file}.test.ts`, by })

/** Keyed by the name that the texts use. */
const shown: Readonly<Record<string, ReadonlyArray<Shown>>> = {
  Node: [contract("node", /listen\(nodeAuth\(/)],
  "HTTP/2": [{ file: "test/adapters/http/node/http2-contract.test.ts", by: /listenHttp2\(/ }],
  Express: [contract("express", /from "express"/)],
  Connect: [contract("connect", /from "connect"/)],
  Fastify: [contract("fastify", /Fastify\(\{ http2: true \}\)/)],
  Koa: [contract("koa", /from "koa"/), { file: "test/package/installs-koa.test.ts", by: /"an application on Koa"/ }],
  Hono: [contract("hono", /from "hono"/), installed("hono", /\("Hono on Node"/)],
  "Next.js": [
    contract("next", /next\/handlers\/route\.ts"/),
    { file: "test/package/installs-next-16.test.ts", by: /name: "Next\.js 16"/ }
  ],
  Effect: [contract("effect-http", /effect-http\.ts"/)],
  "React Router": [installed("react-router", /\("React Router"/)],
  SvelteKit: [installed("sveltekit", /\("SvelteKit"/)],
  Astro: [installed("astro", /\("Astro"/)],
  Bun: [installed("bun", /\("Bun"/)],
  Deno: [installed("deno", /\("Deno"/)]
}

const headings = (): ReadonlyArray<string> => {
  const [, frameworks = ""] = /^## Frameworks\n([\s\S]*?)^## /m.exec(read("README.md")) ?? []
  return Array.from(frameworks.matchAll(/^### (.+)$/gm), ([, heading = ""]) => heading)
}

/** Names in a heading: "A, B" names A and B. */
const namesIn = (heading: string): ReadonlyArray<string> => heading.split(", ")

/**
 * Names as their projects spell them. Some are also common words ("connect", "next"): only the capitals tell them
 * apart.
 */
const wellKnown = [
  ...["Express", "Connect", "Fastify", "Koa", "Hono", "Next\\.js", "Effect", "React Router", "SvelteKit", "Astro"],
  ...["Bun", "Deno", "Remix", "Nuxt", "Nitro", "Elysia", "NestJS", "AdonisJS", "Hapi", "hapi", "Restify", "Polka"],
  ...["SolidStart", "Qwik", "TanStack", "Fresh", "Oak", "tRPC", "Gatsby", "Cloudflare", "Vercel", "Netlify", "Workers"],
  ...["Lambda", "Edge Runtime", "HTTP\\/2", "HTTP\\/3"]
]
const mentions = new RegExp(`(?<![\\w-])(?:${wellKnown.join("|")})(?![\\w-])`, "g")

/** The texts for users: the README, the docs, and the docstrings of the public entries. */
const texts: ReadonlyArray<readonly [file: string, text: string]> = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
  ...readdirSync(join(root, "src", "adapters", "http"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `src/adapters/http/${file}`)
].map((file) => [file, read(file)])

describe("a framework or runtime that is named", () => {
  it("includes each one that the README has a heading for", () => {
    const named = headings().flatMap(namesIn)
    expect(named.length).toBeGreaterThan(9)
    expect(named.filter((name) => shown[name] === undefined)).toEqual([])
  })

  it("has a test, in every text for users", () => {
    const unknown = texts.flatMap(([file, text]) =>
      Array.from(text.matchAll(mentions), ([name]) => name)
        .filter((name) => shown[name] === undefined)
        .map((name) => `${file}: ${name}`)
    )
    expect([...new Set(unknown)]).toEqual([])
  })

  it("is named by the README, if a test runs it", () => {
    const text = read("README.md") + read("src/adapters/http/node.ts")
    expect(Object.keys(shown).filter((name) => !text.includes(name))).toEqual([])
  })

  it.each(Object.entries(shown))("is run by a test: %s", (_, tests) => {
    for (const { by, file } of tests) {
      const text = read(file)
      expect(text).toMatch(by)
      expect(text).toMatch(file.includes("package") ? /registryService\(\)/ : /httpAdapterContract\(/)
    }
  })
})

describe("the package's entries for frameworks", () => {
  it("have a test of the contract each", () => {
    const { exports }: { readonly exports: Readonly<Record<string, unknown>> } = JSON.parse(read("package.json"))
    const doors = Object.entries(exports)
      .filter(([door, file]) => /^\.\/[^/]+$/.test(door) && JSON.stringify(file).includes("/adapters/http/"))
      .map(([door]) => door.slice(2))
    expect(doors.sort()).toEqual(["effect-http", "fetch", "hono", "koa", "next", "node"])
    for (const door of doors) expect(read(contract(door, /./).file)).toContain("httpAdapterContract(")
  })
})
