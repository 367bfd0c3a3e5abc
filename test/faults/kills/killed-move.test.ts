/**
 * A process is killed while it renews a key in the file engine, which takes three steps: it writes the new file, notes
 * the new key, and removes the old file. The client knows only the old key, and logs out with it.
 *
 * | killed before it       | the files   | after the logout                       |
 * | ---------------------- | ----------- | -------------------------------------- |
 * | has written a file     | old         | none                                   |
 * | notes the new key      | old and new | new: no client knows it, and it stays  |
 * | removes the old file   | old and new | none: the note leads to the new one    |
 * | is not killed          | new         | none: the note leads to the new one    |
 *
 * So after a kill, a session that no client knows may end without a request for it. `kills.test.ts` accepts this only
 * for a session that such a note names.
 */
import { mkdtempSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { fileSessions } from "../../../src/adapters/store/file.ts"
import { application, browser, type Handler, whoIsThere } from "../../adapters/request/site.ts"
import { start } from "../../rig/child.ts"
import { fastFolder } from "../../rig/fast-folder.ts"
import { fileRows } from "./session-rows.ts"

const login: Handler = async ({ authenticate, login }) => {
  const user = (await authenticate({ username: "alice", password: "alice's" })) ?? expect.fail("wrong password")
  await login(user)
}

const to = "n".repeat(32)

describe("a process that is killed while it renews a key", () => {
  const parent = fastFolder("killed-move")

  it.each([
    ["open", ["old"], []],
    ["rename", ["old", "new"], ["new"]],
    ["unlink", ["old", "new"], []],
    ["none", ["new"], []]
  ] as const)("before %s: there are %j, and %j after a logout", async (name, between, after) => {
    const directory = mkdtempSync(join(parent, "sessions-"))
    const rows = fileRows(directory)
    const site = await application({ sessions: fileSessions({ directory }) })
    const alice = browser(site)
    await alice.visit(login)
    const from = alice.cookies.get("sessionid") ?? ""
    const child = start(process.execPath, [join(import.meta.dirname, "killed-move.ts"), directory, from, to, name])
    expect([await child.ended, child.output()]).toEqual(name === "none" ? [0, "Committed\n"] : [null, ""])
    await rows.settle()

    const names = async () => (await rows.all()).map(({ key }) => (key === to ? "new" : key === from ? "old" : key))
    expect((await names()).toSorted().toReversed()).toEqual(between)
    expect(await rows.forwarded()).toEqual(new Set(name === "unlink" || name === "none" ? [to] : []))
    const copy = browser(site, new Map([["sessionid", from]]))
    expect(await whoIsThere(copy)).toBe(between[0] === "old" ? "alice" : undefined)
    await browser(site, new Map([["sessionid", from]])).visit(({ logout }) => logout())
    expect(await names()).toEqual(after)
  })
})
