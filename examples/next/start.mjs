// Builds the example if needed, and starts it in this process, so that signals reach it.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major > 22 || (major === 22 && minor >= 19)) {
  await import("./build.mjs")
  await import("./server.ts")
} else {
  console.error(`latchkey needs Node 22.19 or newer; this is ${process.versions.node}. After npm ci in the root of the
repository, npm run start uses the one that comes with it.`)
  process.exit(1)
}
