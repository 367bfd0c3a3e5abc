/** Writes `docs/laws.md` from the laws. `npm run docs:laws` stores it, and a test compares. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { lawTexts } from "../../src/testing/laws.ts"

const needs: Readonly<Record<string, string>> = {
  data: "what `data` reads",
  gate: "a gate",
  clock: "a clock",
  network: "a network",
  rows: "the keys of the stored sessions"
}

export const lawsPage = (): string => `# The laws

What a site that keeps logins safe does and does not do, as laws that a program checks. \`laws(site)\` of
\`latchkey/testing\` has them for your site: a \`testSite\`, or any site that answers HTTP requests, in any language.

\`\`\`ts
import { laws, testSite } from "latchkey/testing"
import { test } from "vitest"

for (const law of laws(testSite())) test(law.title, async () => void (await law.check()))
\`\`\`

A law checks its situations in every order of the store calls, where the site has a gate. It proves what it says for
these situations and orders, each call being atomic, and for no others. A law that needs something that the site does not
have is skipped, and its title says so.

This page is made from the laws themselves.
${lawTexts.map(sectionOf).join("")}`

function sectionOf({ finds, id, needs: all, title, why }: (typeof lawTexts)[number]): string {
  return `
## ${id}

**${title.charAt(0).toUpperCase()}${title.slice(1)}.**

${why}

- Needs: ${all.length === 0 ? "nothing but the pages that every site has" : all.map((need) => needs[need] ?? `\`${need}\``).join(", ")}.
- Finds, among the planted faults: ${finds.join("; ")}.
`
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(join(import.meta.dirname, "..", "..", "docs", "laws.md"), lawsPage())
