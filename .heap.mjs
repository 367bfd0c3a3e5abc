import v8 from "node:v8"
import { readFileSync } from "node:fs"
const specs = process.argv.slice(2)
for (const s of specs) await import(s)
global.gc?.()
console.log(specs.join(" "), (process.memoryUsage().heapUsed / 1e6).toFixed(2), "rss", (process.memoryUsage().rss / 1e6).toFixed(1), "ext", (process.memoryUsage().external / 1e6).toFixed(2))
if (process.env.SNAP) {
  const f = v8.writeHeapSnapshot("/tmp/cold/heap.heapsnapshot")
  const h = JSON.parse(readFileSync(f))
  const { node_fields, node_types } = h.snapshot.meta
  const [iT, iN, iS] = ["type", "name", "self_size"].map((x) => node_fields.indexOf(x)); const L = node_fields.length
  const byType = {}, byName = {}; let big = []
  for (let i = 0; i < h.nodes.length; i += L) { const t = node_types[0][h.nodes[i + iT]], n = h.strings[h.nodes[i + iN]], s = h.nodes[i + iS]; byType[t] = (byType[t] ?? 0) + s; if (t !== "string") { const k = t + ":" + n.slice(0, 60); byName[k] ??= [0, 0]; byName[k][0] += s; byName[k][1]++ } if (s > 20000) big.push([s, t, n.slice(0, 90).replace(/\n/g, " ")]) }
  console.log(Object.entries(byType).sort((a, b) => b[1] - a[1]).map(([k, s]) => k + " " + (s / 1e6).toFixed(2)).join(", "))
  console.log(Object.entries(byName).sort((a, b) => b[1][0] - a[1][0]).slice(0, 40).map(([k, [s, c]]) => (s / 1000).toFixed(0) + "k " + c + " " + k).join("\n"))
  console.log(big.sort((a, b) => b[0] - a[0]).slice(0, 45).map((x) => x.join(" ")).join("\n"))
}
