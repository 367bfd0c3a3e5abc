/** The page `docs/statements.md`, and the statements in a server's log. */

export interface StatementSection {
  readonly title: string
  /** Without superfluous white space. */
  readonly statements: ReadonlyArray<string>
}

const begin = "<!-- The sections below are written by a test. -->"

/** The sections of the page: a heading, and a block of SQL for each statement. */
export const readPage = (page: string): ReadonlyArray<StatementSection> =>
  page
    .slice(page.indexOf(begin))
    .split(/^### /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf("\n")),
      statements: Array.from(section.matchAll(/^```sql\n(.*?)\n```$/gms), ([, text = ""]) => oneLine(text))
    }))

/** @param page keeps what is before the sections */
export const writePage = (page: string, sections: ReadonlyArray<StatementSection>): string => {
  const blocks = ({ statements, title }: StatementSection) =>
    [`### ${title}`, ...statements.map((text) => `\`\`\`sql\n${inLines(text)}\n\`\`\``)].join("\n\n")
  return `${[page.slice(0, page.indexOf(begin)) + begin, ...sections.map(blocks)].join("\n\n")}\n`
}

/** What the application `latchkey` has sent, each statement once, in the order of the log. The log's prefix is `%a|`. */
export const statementsIn = (log: string): ReadonlyArray<string> => {
  const entries = log.split(/^(?=\S*\|[A-Z]+:)/m)
  const sent = entries.flatMap(
    (entry) => /^latchkey\|LOG: {2}(?:statement|execute [^:]*): (.*)$/s.exec(entry)?.[1] ?? []
  )
  return [...new Set(sent.map(oneLine))]
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/** Breaks a long statement before its clauses, so that it can be read. */
const inLines = (text: string): string =>
  text
    .replace(/(?<=[,;)]) (?=\w+( \([\w, ]+\))? AS (MATERIALIZED )?\()/g, "\n")
    .replace(/ (?=(?:FROM|LEFT JOIN|JOIN|WHERE|VALUES|ON CONFLICT|ORDER BY|RETURNING) )/g, "\n  ")
    .replace(/; (?=\w)/g, ";\n")
