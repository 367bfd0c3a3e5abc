/** Charts as SVG, for pages with a light or a dark background. */

export const colours = {
  light: { text: "#1f2328", quiet: "#59636e", ours: "#0b6e4f", behind: "#b35900" },
  dark: { text: "#f0f6fc", quiet: "#9198a1", ours: "#3fb68b", behind: "#e0883a" }
}

const width = 760

export const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")

export const label = (x: number, y: number, fill: string, words: string, more = "") =>
  `<text x="${Number(x.toFixed(1))}" y="${Number(y.toFixed(1))}" fill="${fill}" ${more}>${escaped(words)}</text>`

export const svg = (width: number, height: number, title: string, content: ReadonlyArray<string>): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="12">`,
    ...content,
    "</svg>",
    ""
  ].join("\n")

interface Line {
  readonly name: string
  /** What was counted, and what was measured with so many. */
  readonly points: ReadonlyArray<readonly [count: number, value: number]>
}

const axes = {
  sessions: { at: Math.log10, words: (count: number) => `${count.toLocaleString("en")} sessions` },
  tenths: { at: (count: number) => count, words: String }
}

/**
 * A line for each kind of request. The vertical axis begins at 0, the horizontal one is logarithmic if it counts
 * sessions.
 */
export const lineChart = (
  title: string,
  lines: ReadonlyArray<Line>,
  scheme: keyof typeof colours,
  axis: keyof typeof axes = "sessions"
): string => {
  const { at, words } = axes[axis]
  const { ours, quiet, text } = colours[scheme]
  const [height, right, top, bottom] = [300, 90, 40, 260]
  const counts = [...new Set(lines.flatMap(({ points }) => points.map(([count]) => count)))]
  const most = Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value)))
  const [low, high] = [at(Math.min(...counts)), at(Math.max(...counts))]
  const x = (count: number) => 60 + ((at(count) - low) / Math.max(high - low, 1e-9)) * (width - 60 - right)
  const y = (value: number) => bottom - (value / most) * (bottom - top)
  return svg(width, height, title, [
    label(0, 18, text, title, 'font-size="14" font-weight="600"'),
    ...[0, most / 2, most].flatMap((value) => [
      `<line x1="60" x2="${width - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="${quiet}" stroke-opacity="0.3"/>`,
      label(52, y(value) + 4, quiet, String(Number(value.toPrecision(2))), 'text-anchor="end"')
    ]),
    ...counts.map((count) => label(x(count), bottom + 18, quiet, words(count), 'text-anchor="middle"')),
    ...lines.flatMap(({ name, points }) => {
      const path = points.map(([count, value]) => `${x(count).toFixed(1)},${y(value).toFixed(1)}`).join(" ")
      const [last = [1, 0] as const] = points.slice(-1)
      return [
        `<polyline points="${path}" fill="none" stroke="${ours}" stroke-width="2"/>`,
        ...points.map(
          ([count, value]) => `<circle cx="${x(count).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3" fill="${ours}"/>`
        ),
        label(x(last[0]) + 8, y(last[1]) + 4, text, name)
      ]
    })
  ])
}
