/** The completion scripts work in the shells that they are for. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { latchkey } from "../rig/command.ts"
import { control, inTerminal } from "../rig/pseudo-terminal.ts"
import { service } from "../rig/services.ts"

const script = async (shell: string): Promise<string> => (await latchkey(["completions", shell])).stdout

describe("completions", () => {
  it.each(["bash", "zsh", "fish"])("for %s name every command and the flags of all", async (shell) => {
    const text = await script(shell)
    for (const word of ["createsuperuser", "clearsessions", "dry-run", "database-url"]) expect(text).toContain(word)
    expect(text).not.toContain("--completions")
  })

  const words = (shell: string, source: string): ReadonlyArray<string> =>
    execFileSync(shell, ["-c", source], { encoding: "utf8", env: { ...process.env, HOME: "/nonexistent" } })
      .trim()
      .split(/\s+/)

  it.skipIf(!service("bash").available)("complete commands and flags in bash", async () => {
    const completed = (line: string): string => `
      COMP_WORDS=(${line}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); COMP_LINE="${line.replaceAll('"', "")}"
      COMP_POINT=\${#COMP_LINE}
      $(complete -p latchkey | sed 's/.*-F \\([^ ]*\\).*/\\1/') latchkey; echo "\${COMPREPLY[@]}"`
    const source = await script("bash")
    expect(words("bash", source + completed("latchkey create"))).toEqual(
      expect.arrayContaining(["createuser", "createsuperuser"])
    )
    expect(words("bash", source + completed("latchkey clearsessions --dr"))).toContain("--dry-run")
    expect(words("bash", source + completed("latchkey sessions en"))).toEqual(["end"])
    expect(words("bash", source + completed("latchkey throttle re"))).toEqual(["reset"])
    expect(words("bash", source + completed("latchkey throttle reset --us"))).toContain("--user")
  })

  it.skipIf(!service("fish").available)("complete commands and flags in fish", async () => {
    const source = await script("fish")
    const completed = (line: string): ReadonlyArray<string> =>
      execFileSync("fish", ["--no-config", "-c", `${source}\ncomplete -C ${JSON.stringify(line)}`], {
        encoding: "utf8"
      })
        .split("\n")
        .map((each) => each.split("\t")[0] ?? "")
    expect(completed("latchkey create")).toEqual(expect.arrayContaining(["createuser", "createsuperuser"]))
    expect(completed("latchkey clearsessions --dr")).toContain("--dry-run")
    expect(completed("latchkey throttle re")).toContain("reset")
  })

  it.skipIf(!service("zsh").available)("are read by zsh without a complaint", async () => {
    const source = await script("zsh")
    const said = execFileSync("zsh", ["-f", "-c", `autoload -U compinit; compinit -D; ${source}`], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"]
    })
    expect(said).toBe("")
  })

  it.skipIf(!service("zsh").available || !service("python").available).each([
    ["latchkey createsu", /createsuperuser/],
    ["latchkey clearsessions --dr", /--dry-run/],
    ["latchkey sessions en", /sessions end /],
    ["latchkey throttle re", /throttle reset /]
  ])("complete %s in zsh", async (typed, completed) => {
    const folder = mkdtempSync(join(tmpdir(), "latchkey-completions-"))
    const file = join(folder, "script")
    writeFileSync(file, await script("zsh"))
    const shell = inTerminal("zsh", ["-f", "-i"], { columns: 200, env: { HOME: folder } })
    try {
      shell.type(`PS1='ready> '; autoload -U compinit; compinit -D; source ${file}; print -u2 lo''aded${control.enter}`)
      await shell.until(/loaded[\s\S]*ready> /)
      shell.type(`${typed}\t`)
      await shell.until(completed)
    } finally {
      shell.type(`\x15exit${control.enter}`)
      await shell.ended
      rmSync(folder, { recursive: true })
    }
  })
})
