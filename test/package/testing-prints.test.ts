/** `everyOrder` in a process whose output is read slowly, as that of a test runner may be. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { describe, expect, it } from "vitest"

describe("an application that prints more than is read", () => {
  const dist = new URL("../../dist/", import.meta.url)
  const program = `
    import { writeSync } from "node:fs"
    import { withAuth } from "${new URL("adapters/http/fetch.js", dist)}"
    import { everyOrder, testSite } from "${new URL("testing/index.js", dist)}"
    const site = testSite()
    const app = withAuth(site.auth, async (_, { session }) => {
      console.log("a line".repeat(50_000))
      await session.set("a", 1)
      return new Response()
    })
    const scene = async () => {
      const alice = await site.browserOf("alice")
      const request = () => alice.fetch(app, "/", { json: {} })
      return { requests: [request, request], check: () => {} }
    }
    const told = await everyOrder(site, scene).then(({ orders }) => orders + " orders", String)
    writeSync(2, process.stdout.writableLength > 0 ? told : "everything was read")`

  it("is under control: no request waits for what is printed", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program])
    try {
      const [told] = await once(child.stderr.setEncoding("utf8"), "data")
      expect(told).toBe("6 orders")
    } finally {
      child.kill()
    }
  })
})
