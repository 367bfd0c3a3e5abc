/**
 * Loaded before a program of the docs: its server listens on a free port of 127.0.0.1 instead of its own address, and
 * prints the URL.
 */
import { Server } from "node:net"

const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  this.once("listening", () => console.log(`listening on http://127.0.0.1:${this.address().port}`))
  const done = args.find((arg) => typeof arg === "function")
  return listen.call(this, { host: "127.0.0.1", port: 0 }, done)
}
