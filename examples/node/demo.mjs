// Starts the example on an embedded PostgreSQL, once it is sure that this Node can run it.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major > 22 || (major === 22 && minor >= 19)) {
  if (process.env.npm_lifecycle_event === "demo") endWithShell()
  await import("./server.ts")
} else {
  console.error(`latchkey needs Node 22.19 or newer; this is ${process.versions.node}.
The package brings one along for its scripts, but the install script that puts it in place did not run.
Either use a newer Node, or run:

  npm rebuild node && npm run demo
`)
  process.exit(1)
}

// npm passes SIGTERM to the shell that it runs the script in. Some shells end without passing it on, and this process
// gets another parent: it ends then as by SIGTERM.
function endWithShell() {
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, "SIGTERM")
  }, 200).unref()
}
