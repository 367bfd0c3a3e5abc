/** Writes `docs/faults.md` from the table of faults. `npm run docs:faults` stores it, and a test compares. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type FaultRow, faultTable, type Shown, titles } from "./fault-table.ts"

/** The tests, in their files. */
const shownBy = (tests: ReadonlyArray<Shown>): string => {
  const files = [...new Set(tests.map(({ file }) => file))]
  return files.map((file) => `\`${file}\`: ${namesIn(tests, file).join("; ")}`).join("<br>")
}
const namesIn = (tests: ReadonlyArray<Shown>, file: string): ReadonlyArray<string> =>
  tests.flatMap((test) => (test.file === file ? `“${test.name.replaceAll("|", "\\|")}”` : []))

const line = ([fault, { gap, must, tests }]: readonly [string, FaultRow]): string =>
  `| ${fault} | ${must}${gap === undefined ? "" : ` **Not done:** ${gap}`} | ${shownBy(tests)} |`

const section = (title: string, rows: Readonly<Record<string, FaultRow>>): string =>
  [
    `## ${title}`,
    "",
    "| fault | what happens | shown by |",
    "| --- | --- | --- |",
    ...Object.entries(rows).map(line)
  ].join("\n")

export const faultPage = (): string => `# Faults

What a site does when its store, the network or the process fails: for each operation and each kind of fault one row, with
the tests that show it. The tests run on real servers: PostgreSQL, Redis, Valkey, clusters of both, and files. [Security](security.md#outages)
has the summary, and what a setting [cannot promise](security.md#what-a-setting-cannot-promise).

The last column names files of the repository, and the titles of tests in them. Many tests are run once for each of
several values: in their titles, \`%s\`, \`%i\`, \`%j\` and \`*\` stand for the value, such as the name of a store.

These rules hold for every row:

- A store that cannot answer is a 503 with \`Retry-After\` and \`Cache-Control: no-store\`, and no cookie changes. It never makes a user anonymous.
- Each call of a store ends at a deadline. With PostgreSQL it is 3 seconds for the whole call (\`operationDeadlineSeconds\`). With
  Redis it is 1 second for a connection and 1 second for an answer (\`deadlineSeconds\`); a command that is sent again waits
  again. With sessions in PostgreSQL, a request that reads the user usually makes one call; a login makes at most four, one
  after the other, and a fifth if it replaces an outdated hash.
- All calls of stores in one request have one deadline together: 3 seconds (\`deadlineSeconds\` of \`createAuth\`), or the
  longest deadline of a store, if that is longer. Only the time in which at least one call runs counts, not hashing, reading
  the body or the handler. A call that starts late gets what is left; none starts after it
  (\`test/adapters/request/scope/store-time.test.ts\`, \`test/adapters/store/request-deadline.test.ts\`). The same holds for
  stores of applications, whose calls latchkey ends. A statement that was given before to a busy connection of PostgreSQL,
  or to one that is still being made, may be sent and carried out after the 503. Behind a pooler, one that waits for the
  answer to another one is not sent any more. Ending all other sessions of a user takes many calls: each has a
  deadline of its own. Undoing a half-made change in a Redis Cluster has the store's deadline.
- Outside a request (\`auth.createUser\` and other functions of \`auth\`, the account changes of the account pages, commands)
  the calls have no deadline together. Each call of PostgreSQL and Redis ends at the deadline of its store. **Not done:**
  latchkey ends no call of an application's own store there: such a store needs a deadline itself.
- Reads and logouts are sent once more, on a new connection. A write is sent again only if it was certainly not carried out.
- The first request after the fault succeeds. The tables of faults (\`postgres.test.ts\`, \`redis.test.ts\` and others that use
  \`test/faults/matrix.ts\`) require it of every operation. The suites of random faults do not: on a busy machine a request
  may miss its deadline, so \`soak\` sends up to three series of requests, and \`kills\` asks up to six times. **Not done:** If a
  network drops connections without a notice, the first write on one of them is answered with 503.

${Object.entries(titles)
  .map(([operation, title]) =>
    section(title, Object.entries(faultTable).find(([name]) => name === operation)?.[1] ?? {})
  )
  .join("\n\n")}
`

export const faultPagePath = join(import.meta.dirname, "../../docs/faults.md")

if (import.meta.main) writeFileSync(faultPagePath, faultPage())
