/**
 * The table at the head of a file with a state machine:
 *
 * | state   | answer, condition | next           | what happens                   |
 * | ------- | ----------------- | -------------- | ------------------------------ |
 * | (start) |                   | Asking         |                                |
 * | Asking  | Accepted          | Done: the user | a long text goes on in the     |
 * |         |                   |                | next line, under empty columns |
 *
 * A state in parentheses needs no answer: the machine leaves it immediately. `(start)` is the first one. `Done` is the end;
 * after a colon comes the result.
 */

export interface Step {
  readonly from: string
  /** What leads to the next state: an answer, a condition, or both. Empty if nothing has to be true. */
  readonly on: string
  readonly to: string
  readonly note: string
}

/** The first cell of the table, which tells it from other tables. */
const isHead = (line: string): boolean => /^ \* \| state +\|/.test(line)

export const hasMachine = (source: string): boolean => source.split("\n").some(isHead)

/** @throws {Error} for a row that does not have the form above */
export const stepsOf = (source: string): ReadonlyArray<Step> => {
  const lines = source.split("\n")
  const first = lines.findIndex(isHead)
  const [header = [], , ...rows] = lines
    .slice(
      first,
      lines.findIndex((line, index) => index > first && !line.startsWith(" * |"))
    )
    .map(cellsOf)
  if (header.join("|") !== "state|answer, condition|next|what happens")
    throw new Error(`not the columns of a state machine: ${header.join(" | ")}`)
  const steps: Array<Step> = []
  for (const row of rows) {
    const [from = "", on = "", to = "", note = ""] = row
    if (row.length !== 4) throw new Error(`not four columns: ${row.join(" | ")}`)
    const last = steps.at(-1)
    if (from !== "" && to !== "") steps.push({ from, on, to, note })
    else if (last === undefined || `${from}${on}${to}` !== "") throw new Error(`a state is missing: ${row.join(" | ")}`)
    else steps[steps.length - 1] = { ...last, note: `${last.note} ${note}` }
  }
  return steps
}

const cellsOf = (line: string): ReadonlyArray<string> =>
  line
    .replace(/^ \* \||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim())
