/** What holds for every command: help, usage errors, exit codes, and which text goes to which stream. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { commandFile, latchkey } from "../rig/command.ts"

const root = join(import.meta.dirname, "../..")
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

describe("the command line", () => {
  it("prints its version, and nothing else", async () => {
    expect(await latchkey(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" })
  })

  it("prints a secret key that createAuth accepts in production", async () => {
    const { code, stdout, stderr } = await latchkey(["secret"])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatch(/^[\w-]{64}\n$/)
    expect((await latchkey(["secret"])).stdout).not.toBe(stdout)
  })

  it("prints results as one line of JSON with --json, before or after the command", async () => {
    for (const args of [
      ["secret", "--json"],
      ["--json", "secret"]
    ]) {
      const { code, stdout } = await latchkey(args)
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toEqual({ secretKey: expect.stringMatching(/^[\w-]{64}$/) })
      expect(stdout.trimEnd()).not.toContain("\n")
    }
  })

  it("does not require flags that are on or off", async () => {
    expect((await latchkey(["secret"])).code).toBe(0) // `Flag.Boolean` alone would ask for --json
  })

  it("starts in at most seven times the processor time of Node alone (about 75 ms to 22 ms)", () => {
    const spent =
      "process.on('exit', () => process.stderr.write(String(process.cpuUsage().user + process.cpuUsage().system)))"
    const least = (...args: ReadonlyArray<string>): number =>
      Math.min(
        ...Array.from({ length: 4 }, () => {
          const preload = ["--import", `data:text/javascript,${spent}`]
          return Number(spawnSync(process.execPath, [...preload, ...args], { encoding: "utf8" }).stderr)
        })
      )
    const node = least("--eval", "0")
    expect(node).toBeGreaterThan(1000)
    // Loading its modules one by one costs about 17 times as much.
    expect(least(commandFile, "--version") / node).toBeLessThan(7)
  })
})

describe("an old Node", () => {
  it("is refused with a sentence", () => {
    const old = "Object.defineProperty(process.versions, 'node', { value: '22.18.0' })"
    const args = ["--import", `data:text/javascript,${old}`, commandFile, "--version"]
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" })
    expect([status, stderr]).toEqual([78, "latchkey needs Node 22.19 or later; this is Node 22.18.0\n"])
  })
})

describe("help", () => {
  it("is a result: standard output, exit code 0", async () => {
    const { code, stdout, stderr } = await latchkey(["--help"])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    for (const heading of ["Usage", "Commands", "Flags of every command", "Examples", "Exit codes"])
      expect(stdout).toContain(`\n${heading}\n`)
  })

  it("has no line of more than 80 characters without a terminal, except examples", async () => {
    const { stdout } = await latchkey(["--help"])
    const lines = stdout.split("\nExamples\n")[0]?.split("\n") ?? []
    expect(lines.filter((line) => line.length > 80)).toEqual([])
  })

  it("is short on standard error, with exit code 64, when no command is named", async () => {
    const { code, stdout, stderr } = await latchkey([])
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" })
    expect(stderr).toContain("\nCommands\n")
  })
})

describe("a wrong command line", () => {
  it.each([
    [["sekret"], /Unknown subcommand "sekret".*Did you mean secret\?/],
    [["secret", "--jsn"], /Unrecognized flag: --jsn/],
    [["secret", "surplus"], /surplus/],
    [["completions"], /shell/],
    [["completions", "tcsh"], /tcsh/]
  ])("%j is one message on standard error, with exit code 64", async (args, message) => {
    const { code, stdout, stderr } = await latchkey(args)
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" })
    expect(stderr).toMatch(message)
    expect(stderr).toContain("--help says more")
    expect(stderr.split("\n").length).toBeLessThan(5)
  })

  it("is JSON on standard error with --json", async () => {
    const { code, stdout, stderr } = await latchkey(["sekret", "--json"])
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" })
    expect(JSON.parse(stderr)).toEqual({ error: { exitCode: 64, message: expect.stringContaining("sekret") } })
  })

  it("shows control characters of an argument escaped", async () => {
    expect((await latchkey(["se\x1b[31mkret"])).stderr).not.toContain("\x1b")
  })
})
