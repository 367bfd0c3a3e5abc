/** Breaks text into lines. */

/** The words of a text in lines of at most `width` characters. A longer word has a line of its own. */
export const wrap = (text: string, width: number): ReadonlyArray<string> =>
  text.split("\n").flatMap((paragraph) => {
    const lines: Array<string> = []
    let line = ""
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line)
        line = word
      } else line = line === "" ? word : `${line} ${word}`
    }
    return [...lines, line]
  })

/** Rows of a table with two columns. A long left cell has a line of its own. */
export const columns = (
  rows: ReadonlyArray<readonly [left: string, right: string]>,
  width: number,
  indent = "  "
): ReadonlyArray<string> => {
  const leftWidth = Math.min(Math.max(0, ...rows.map(([left]) => left.length)), Math.floor(width / 3))
  const margin = `${indent}${" ".repeat(leftWidth + 2)}`
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, width - margin.length)
    if (left.length > leftWidth) return [`${indent}${left}`, ...lines.map((line) => (margin + line).trimEnd())]
    const [first = "", ...rest] = lines
    return [`${indent}${left.padEnd(leftWidth)}  ${first}`.trimEnd(), ...rest.map((line) => margin + line)]
  })
}
