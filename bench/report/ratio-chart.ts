/** Ratios as SVG: bars that begin at 1, to the right where latchkey serves more, on a logarithmic axis. */
import { colours, label, svg } from "../chart.ts"

export interface Bar {
  readonly label: string
  readonly ratio: number
  readonly low?: number | undefined
  readonly high?: number | undefined
}

export interface Group {
  readonly title: string
  readonly bars: ReadonlyArray<Bar>
}

const [width, left, right, bar, gap, head] = [760, 200, 60, 14, 6, 26] as const

/** Where the axis may have a mark. */
const marks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
const closeMarks = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.5, 2]

/** @param note below the bars: when and how they were measured */
export const ratioChart = (
  title: string,
  note: string,
  groups: ReadonlyArray<Group>,
  scheme: keyof typeof colours
): string => {
  const { behind, ours, quiet, text } = colours[scheme]
  const values = groups.flatMap(({ bars }) =>
    bars.flatMap(({ high, low, ratio }) => [ratio, low ?? ratio, high ?? ratio])
  )
  const [least, most] = [Math.min(0.8, ...values), Math.max(1.25, ...values)].map(Math.log) as [number, number]
  const x = (ratio: number) => left + ((Math.log(ratio) - least) / (most - least)) * (width - left - right)
  const [top, height] = [48, 48 + groups.reduce((sum, { bars }) => sum + head + bars.length * (bar + gap), 0)]
  let y = top
  const drawn = groups.flatMap(({ bars, title }) => {
    const heading = groups.length > 1 ? [label(0, y + 16, text, title, 'font-weight="600"')] : []
    y += head
    return [
      ...heading,
      ...bars.flatMap((each) => {
        const at = y
        y += bar + gap
        const [from, to] = [x(Math.min(1, each.ratio)), x(Math.max(1, each.ratio))]
        const [low, high] = [x(each.low ?? each.ratio), x(each.high ?? each.ratio)]
        return [
          label(left - 8, at + 11, text, each.label, 'text-anchor="end"'),
          `<rect x="${from.toFixed(1)}" y="${at}" width="${Math.max(1, to - from).toFixed(1)}" height="${bar}" fill="${each.ratio >= 1 ? ours : behind}"/>`,
          `<line x1="${low.toFixed(1)}" x2="${high.toFixed(1)}" y1="${at + bar / 2}" y2="${at + bar / 2}" stroke="${text}"/>`,
          label(Math.max(to, high) + 6, at + 11, quiet, each.ratio.toFixed(2))
        ]
      })
    ]
  })
  const axis = (most - least > Math.log(4) ? marks : closeMarks)
    .filter((mark) => Math.log(mark) >= least && Math.log(mark) <= most)
    .flatMap((mark) => [
      `<line x1="${x(mark).toFixed(1)}" x2="${x(mark).toFixed(1)}" y1="${top}" y2="${height}" stroke="${quiet}" stroke-opacity="${mark === 1 ? 1 : 0.25}"/>`,
      label(x(mark), 40, quiet, String(mark), 'text-anchor="middle"')
    ])
  return svg(width, height + 28, title, [
    label(0, 18, text, title, 'font-size="14" font-weight="600"'),
    ...axis,
    ...drawn,
    label(0, height + 20, quiet, note, 'font-size="11"')
  ])
}
