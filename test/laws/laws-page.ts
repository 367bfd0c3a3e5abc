/** Writes `docs/laws.md` and the tables of promises in `docs/security.md`. `npm run docs:laws` stores it, and a test compares. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { lawTexts } from "../../src/testing/laws.ts"
import { type Promised, promises } from "./promises.ts"

const needs: Readonly<Record<string, string>> = {
  data: "`data`",
  gate: "a gate",
  clock: "a clock",
  network: "a network",
  rows: "the keys of the stored sessions",
  secretKeys: "a way to replace the secret key",
  passwords: "a way to replace a stored hash and to set a password",
  accounts: "a way to deactivate, remove and replace a user",
  backends: "two authentication backends, each of which can be switched off",
  deviceBound: "the option `deviceBound`, and a browser that binds sessions to its device",
  log: "what the site logs, throws and tells the receivers of its signals",
  nextSessionKeys: "a way to choose the next session keys",
  hashed: "a list of the password hashes that the site computes",
  "clock.setBack": "a clock that can be set back",
  identities: "what each stored session says about who is logged in",
  sharedTable: "a way to read and write the session table as another program does",
  proxy: "a proxy that names the user of each request",
  size: "a limit for the size of a session",
  forms: "forms over https with any head",
  clearSiteData: "the option `clearSiteData`, over https",
  prefixedCookies: "cookies with the prefix `__Host-` or `__Secure-`, over https",
  partitionedCookies: "partitioned cookies, over https",
  throttle: "the option `throttle`, and a way to choose the address of the client"
}

export const lawsPage = (): string => `# The laws

These are the rules (laws) that a site with safe logins keeps. \`laws(site)\` of \`latchkey/testing\` checks them on your
site: a \`testSite\`, or any site that answers HTTP requests, in any language.

\`\`\`ts
import { laws, testSite } from "latchkey/testing"
import { test } from "vitest"

for (const law of laws(testSite())) test(law.title, async () => void (await law.check()))
\`\`\`

The last line is the same for each test runner. The import of \`test\` and the command differ:

| runner | import | command |
| --- | --- | --- |
| Vitest | \`import { test } from "vitest"\` | \`npx vitest run --testTimeout=180000\` |
| node:test | \`import { test } from "node:test"\` | \`node --test\` |
| Jest | \`import { test } from "@jest/globals"\` | \`NODE_OPTIONS=--experimental-vm-modules npx jest --testTimeout=180000\` |
| Bun | \`import { test } from "bun:test"\` | \`bun test --timeout 180000\` |

The timeouts are for a busy machine and for stores of your own, on which a law with many orders may take longer than a
minute. Jest runs ES modules only with this flag, and TypeScript only with [a transform](https://jestjs.io/docs/getting-started#using-typescript).

An order that breaks a law does not end its situation: all orders are run, and the law reports the broken one with the
fewest switches between requests. The situations after it are not checked. No option ends a law earlier. To end the run
at the first broken law, pass \`--bail=1\` to Vitest, Jest or Bun.

A *gate* holds each store call back until the test lets it go on. If the site has one, a law is checked in every order
of the store calls, where each call is atomic. It is proven for the situations and orders that were checked, and for no
others. If the site lacks something that a law needs, the law is skipped, and its title says so.

On a \`testSite\`, the laws visit small pages that \`latchkey/testing\` has itself. To check your application,
[describe its pages with \`lawSite\`](testing.md#laws-and-flows).

## On any site

A site is described by its pages. Each sends one request with the browser that it gets:

\`\`\`ts
import { Browser, laws } from "latchkey/testing"
import { test } from "vitest"

const url = "http://127.0.0.1:3000"
const site = {
  pages: {
    visit: (browser: Browser) => browser.fetch(url, "/me"),
    login: (browser: Browser, user: object) => browser.fetch(url, "/login", { json: user }),
    logout: (browser: Browser) => browser.fetch(url, "/logout", { json: {} })
  },
  user: async (response: Response) => Object(await response.json()).user ?? undefined,
  cookie: "sessionid",
  users: [{ username: "alice", password: "…" }, { username: "bob", password: "…" }] as const,
  browser: () => new Browser({ origin: url }),
  reset: async () => {} // remove all sessions here
}
for (const law of laws(site)) test(law.title, async () => void (await law.check()))
\`\`\`

With \`gate\`, laws run in every order: \`gateQueries\` makes one of node-postgres, \`tcpGate\` one of any connection. With
more pages, and with \`network\`, \`clock\`, \`rows\`, \`accounts\`, \`log\` and the other parts of a \`LawSite\`, more laws apply. [The laws on other libraries](peers.md) says what they found.

## The laws

This page is generated from the laws.
${lawTexts.map(sectionOf).join("")}`

function sectionOf({ finds, id, needs: all, title, why }: (typeof lawTexts)[number]): string {
  return `
### ${id}

**${title.charAt(0).toUpperCase()}${title.slice(1)}.**

${why}

- Needs: ${all.length === 0 ? "nothing but the pages that every site has" : all.map((need) => needs[need] ?? `\`${need}\``).join(", ")}.
- Finds, among the planted faults: ${finds.join("; ")}.
`
}

const shownBy = ({ but, laws = [], tests = [] }: Promised): string => {
  const named = laws.map((id) => `[\`${id}\`](laws.md#${id})`)
  const files = tests.map((file) => `\`${file}\``)
  return [[...named, ...files].join(", "), ...(but === undefined ? [] : [but])].join("; ")
}

/** The promises as tables for `docs/security.md`. */
export const securityLaws = (): string =>
  Object.entries(promises)
    .map(([subject, rows]) => {
      const lines = rows.map((row) => `| ${row.what} | ${shownBy(row)} |`)
      return [`### ${subject}`, "", "| what holds | shown by |", "| --- | --- |", ...lines].join("\n")
    })
    .join("\n\n")

const docs = join(import.meta.dirname, "..", "..", "docs")

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(docs, "laws.md"), lawsPage())
  const security = join(docs, "security.md")
  const between = /(?<=<!-- laws -->\n)[\s\S]*(?=<!-- \/laws -->)/
  writeFileSync(
    security,
    readFileSync(security, "utf8").replace(between, () => `\n${securityLaws()}\n\n`)
  )
}
