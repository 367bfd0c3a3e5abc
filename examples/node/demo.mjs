// Starts the example on an embedded PostgreSQL, once it is sure that this Node can run it.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major > 22 || (major === 22 && minor >= 19)) {
  await import("./server.ts")
} else {
  console.error(`latchkey needs Node 22.19 or newer; this is ${process.versions.node}.
The package brings one along for its scripts, but the install script that puts it in place did not run.
Either use a newer Node, or run:

  npm rebuild node && npm run demo
`)
  process.exit(1)
}
