/** createuser, createsuperuser, changepassword: at a terminal, and with the password from standard input. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { commandFile, latchkey, latchkeyInTerminal } from "../rig/command.ts"
import { control } from "../rig/pseudo-terminal.ts"
import { longSuite, service } from "../rig/services.ts"

const root = join(import.meta.dirname, "../..")

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "latchkey-users-"))
  mkdirSync(join(folder, "node_modules"))
  symlinkSync(root, join(folder, "node_modules", "latchkey"))
  // Users in memory, which the module writes down whenever they change.
  writeFileSync(
    join(folder, "auth.ts"),
    `import { appendFileSync } from "node:fs"
    import { createAuth, minimumLength, modelBackend, pbkdf2Sha256, userAttributeSimilarity } from "latchkey"
    import { memory } from "latchkey/memory"
    const store = memory()
    const real = createAuth({
      secretKey: "z".repeat(50), sessions: store.sessions, backends: { m: modelBackend(store.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })], passwordValidators: [minimumLength(), userAttributeSimilarity()]
    })
    const alice = await real.createUser({ username: "alice", password: "old-password" })
    const write = (line: unknown) => appendFileSync("calls", JSON.stringify(line) + "\\n")
    export const auth: typeof real = {
      ...real,
      createUser: async (account, options) => { write({ account, options }); return real.createUser(account, options) },
      setPassword: async (user, password) => { write({ of: user.username, password }); return real.setPassword(user, password) }
    }
    void alice`
  )
})
beforeEach(() => writeFileSync(join(folder, "calls"), ""))
afterAll(() => rmSync(folder, { recursive: true }))

const calls = (): ReadonlyArray<unknown> =>
  readFileSync(join(folder, "calls"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

const run = (args: ReadonlyArray<string>, stdin?: string | Uint8Array) =>
  latchkey(args, { cwd: folder, ...(stdin === undefined ? {} : { stdin }) })

const password = "correct horse battery"

describe("a password from standard input", () => {
  it.each([
    ["with an end of the line", `${password}\n`],
    ["with Windows' end of the line", `${password}\r\n`],
    ["without one", password]
  ])("is read %s", async (_what, stdin) => {
    expect(await run(["createuser", "bob", "--email", "bob@example.com"], stdin)).toEqual({
      code: 0,
      stdout: "created the user bob (id 2)\n",
      stderr: ""
    })
    expect(calls()).toEqual([
      {
        account: { username: "bob", email: "bob@example.com", password },
        options: { isStaff: false, isSuperuser: false }
      }
    ])
  })

  it("keeps tabs, spaces at the ends and letters that are not ASCII", async () => {
    await run(["createuser", "bob"], " pässwörd\t€ \n")
    expect(calls()).toEqual([expect.objectContaining({ account: { username: "bob", password: " pässwörd\t€ " } })])
  })

  it.each<readonly [string, number, string | Uint8Array, RegExp]>([
    ["empty", 64, "", /standard input is empty/],
    ["of several lines", 64, "one-password\nanother\n", /more than one line/],
    ["too long", 64, "a".repeat(20_000), /too long/],
    ["not UTF-8", 64, new Uint8Array([0xff, 0xfe, 0x0a]), /not UTF-8/],
    ["refused by a validator", 1, "short\n", /too short.*at least 8/],
    ["refused by two validators", 1, "bob\n", /too short.*\n.*too similar/]
  ])("%s is refused with exit code %i, and creates no user", async (_what, exitCode, stdin, message) => {
    const { code, stderr, stdout } = await run(["createuser", "bob"], stdin)
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" })
    expect(stderr).toMatch(message)
    expect(calls()).toEqual([])
  })
})

describe("without the usual streams", () => {
  const shell = (line: string) =>
    spawnSync("sh", ["-c", line], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, LATCHKEY: `${process.execPath} ${commandFile}` }
    })

  it("says that standard input is empty when it is closed", () => {
    const { status, stderr, stdout } = shell("$LATCHKEY createuser bob <&-")
    expect({ status, stdout }).toEqual({ status: 64, stdout: "" })
    expect(stderr).toContain("standard input is empty")
    expect(calls()).toEqual([])
  })

  it("ends quietly when the program behind the pipe has ended", () => {
    const { stderr } = shell("$LATCHKEY --help | true")
    expect(stderr).toBe("")
  })

  it("reports a fault of the application on standard error, with exit code 70", () => {
    writeFileSync(
      join(folder, "faulty.ts"),
      `import { auth as real } from "./auth.ts"
      export const auth = { ...real, findUser: async () => { throw new RangeError("out of range") } }`
    )
    const { status, stderr, stdout } = shell("$LATCHKEY changepassword alice --config faulty.ts </dev/null")
    expect({ status, stdout }).toEqual({ status: 70, stdout: "" })
    expect(stderr).toContain("RangeError: out of range")
  })
})

describe("createuser", () => {
  it("creates staff, and users without a password", async () => {
    expect((await run(["createuser", "eve", "--staff", "--without-password"])).code).toBe(0)
    expect(calls()).toEqual([{ account: { username: "eve" }, options: { isStaff: true, isSuperuser: false } }])
  })

  it("refuses a user name that is taken before it reads a password", async () => {
    expect(await run(["createuser", "alice"])).toEqual({
      code: 1,
      stdout: "",
      stderr: 'latchkey: the user name "alice" is taken\n'
    })
  })

  it.each([
    ["a name with a space", ["a b"], 1, "A user name has letters, digits and the characters @ . + - _"],
    ["a name with an end of the line", ["a\nb"], 1, "A user name has letters"],
    ["a name that is too long", ["a".repeat(151)], 1, "at most 150"],
    ["an empty name", [""], 1, "Write a user name."],
    ["no address", ["bob", "--email", "bob"], 64, '--email: "bob" is not an e-mail address'],
    ["two addresses", ["bob", "--email", "a@x.example,b@x.example"], 64, "is not an e-mail address"],
    ["an address that is too long", ["bob", "--email", `${"a".repeat(250)}@x.example`], 64, "is not an e-mail address"]
  ])("refuses %s before it reads a password", async (_, args, exitCode, message) => {
    const { code, stderr } = await run(["createuser", ...args])
    expect({ code, calls: calls() }).toEqual({ code: exitCode, calls: [] })
    expect(stderr).toContain(message)
  })

  it("takes names and addresses of other scripts", async () => {
    expect((await run(["createuser", "zoë+ж.1", "--email", "zoë@bücher.example"], password)).code).toBe(0)
  })

  it("says how to give the user name where it cannot ask", async () => {
    const { code, stderr } = await run(["createuser"], `${password}\n`)
    expect(code).toBe(64)
    expect(stderr).toContain("give the user name as an argument")
  })

  it("has no flag for a password", async () => {
    expect((await run(["createuser", "bob", "--password", password])).code).toBe(64)
    expect((await run(["createuser", "--help"])).stdout).not.toMatch(/--password\b/)
  })

  it("tells machines what was created", async () => {
    const { stdout } = await run(["createsuperuser", "root", "--json"], password)
    expect(JSON.parse(stdout)).toEqual({
      created: { id: 2, username: "root", email: "", isStaff: true, isSuperuser: true }
    })
  })
})

describe("changepassword", () => {
  it("changes the password", async () => {
    expect(await run(["changepassword", "alice"], password)).toEqual({
      code: 0,
      stdout: "changed the password of alice; all sessions of alice have ended\n",
      stderr: ""
    })
    expect(calls()).toEqual([{ of: "alice", password }])
  })

  it("refuses a user who does not exist", async () => {
    expect(await run(["changepassword", "zoe"], password)).toEqual({
      code: 1,
      stdout: "",
      stderr: 'latchkey: there is no user "zoe"\n'
    })
  })
})

const isAvailable = [longSuite(), service("python")].every(({ available }) => available)

describe.skipIf(!isAvailable)("at a terminal", () => {
  const start = (...args: ReadonlyArray<string>) => latchkeyInTerminal(args, { cwd: folder })

  it("asks for the user name and twice for the password, and shows problems at the question", async () => {
    const terminal = start("createsuperuser")
    await terminal.until(/User name/)
    terminal.type(`alice${control.enter}`)
    await terminal.until(/"alice" is taken/)
    terminal.type(`${"\x7f".repeat(5)}ruth${control.enter}`)
    await terminal.until(/Password/)
    terminal.type(`short${control.enter}`)
    await terminal.until(/too short/)
    terminal.type("\x7f".repeat(5) + password + control.enter)
    await terminal.until(/Password \(again\)/)
    terminal.type(`another${control.enter}`)
    await terminal.until(/not the same/)
    await terminal.until(/Password/)
    terminal.type(password + control.enter)
    await terminal.until(/Password \(again\)/)
    terminal.type(password + control.enter)
    expect(await terminal.ended).toEqual({ code: 0, stdout: "created the superuser ruth (id 2)\n" })
    expect(calls()).toEqual([
      { account: { username: "ruth", password }, options: { isStaff: true, isSuperuser: true } }
    ])
    expect(terminal.raw()).not.toContain(password)
  })

  it.each([
    ["Ctrl-C", control.c],
    ["Escape", control.escape],
    ["Ctrl-D", control.d]
  ])("%s at a question ends the command with 130, and changes nothing", async (_name, key) => {
    const terminal = start("changepassword", "alice")
    await terminal.until(/Password/)
    terminal.type(`half a passw${key}`)
    expect(await terminal.ended).toEqual({ code: 130, stdout: "" })
    expect(calls()).toEqual([])
    const [hidden, visible] = ["\x1b[?25l", "\x1b[?25h"].map((sequence) => terminal.raw().lastIndexOf(sequence))
    expect(visible).toBeGreaterThan(hidden ?? 0) // the cursor
  })

  it("wraps help at the width of the terminal", async () => {
    const narrow = latchkeyInTerminal([], { columns: 50 })
    expect((await narrow.ended).code).toBe(64)
    const [text = ""] = narrow.shown().split("\nExamples\n")
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(50)
    const wide = latchkeyInTerminal([], { columns: 200 })
    await wide.ended
    expect(
      Math.max(
        ...wide
          .shown()
          .split("\n")
          .map((line) => line.length)
      )
    ).toBeGreaterThan(80)
  })
})
