// Checks that this version of Node can run the example, then starts it on an embedded PostgreSQL.
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

// npm sends SIGTERM to the shell that runs the script. Some shells end without passing the signal on. This process then
// gets another parent process, so a changed parent is treated like SIGTERM.
function endWithShell() {
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, "SIGTERM")
  }, 200).unref()
}
