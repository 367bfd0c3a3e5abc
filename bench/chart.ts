/** A bar chart as SVG: for each comparison latchkey's requests per second and the other's. */
import type { Finding } from "./results.ts"
import { median } from "./statistics.ts"

const colours = {
  light: { text: "#1f2328", quiet: "#59636e", ours: "#0b6e4f", theirs: "#b6bec9" },
  dark: { text: "#f0f6fc", quiet: "#9198a1", ours: "#3fb68b", theirs: "#4b5563" }
}

const width = 760
const left = 150
const bar = 14
const group = 2 * bar + 16

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

export const chart = (title: string, findings: ReadonlyArray<Finding>, scheme: keyof typeof colours): string => {
  const { ours, quiet, text, theirs } = colours[scheme]
  const most = Math.max(...findings.flatMap(({ measured }) => [median(measured.ours), median(measured.theirs)]))
  const scale = (width - left - 90) / most
  const height = 48 + findings.length * group
  const label = (x: number, y: number, fill: string, words: string, more = "") =>
    `<text x="${x}" y="${y}" fill="${fill}" ${more}>${escaped(words)}</text>`
  const rows = findings.flatMap(({ measured, ours: our, theirs: their }, at) =>
    (
      [
        [our, measured.ours, ours],
        [their, measured.theirs, theirs]
      ] as const
    ).flatMap(([name, values, fill], side) => {
      const y = 40 + at * group + side * (bar + 2)
      const length = Math.max(1, median(values) * scale)
      return [
        label(left - 8, y + 11, text, name, 'text-anchor="end"'),
        `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${bar}" rx="2" fill="${fill}"/>`,
        label(left + length + 6, y + 11, quiet, `${median(values).toFixed(0)}/s`)
      ]
    })
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="12">`,
    label(0, 18, text, title, 'font-size="14" font-weight="600"'),
    ...rows,
    "</svg>",
    ""
  ].join("\n")
}
