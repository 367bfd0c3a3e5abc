/** docs/command-line.md has the help of every command, as the built command prints it. */
import { describe, expect, it } from "vitest"
import { commandsBelow, withHelp } from "../../scripts/command-line-page.ts"
import { read } from "./pages.ts"

describe("docs/command-line.md", () => {
  it("has the help of every command; `npm run pages` writes it", () => {
    const commands = commandsBelow()
    expect(commands).toEqual(expect.arrayContaining(["init", "createuser", "sessions list", "explain", "completions"]))
    expect(read("docs/command-line.md")).toBe(withHelp(read("docs/command-line.md")))
  })
})
