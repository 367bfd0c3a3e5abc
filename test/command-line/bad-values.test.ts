/**
 * Bad values of every flag and argument of every command: one message on standard error that names the flag and what it
 * allows, the documented exit code, and nothing written. The commands and flags are read from the program, so a new one
 * without a case fails.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Completions from "effect/cli/Completions"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { globalFlags } from "../../src/adapters/cli/global-flags.ts"
import { root } from "../../src/adapters/cli/latchkey-command.ts"
import { latchkey } from "../rig/command.ts"
import { longSuite } from "../rig/services.ts"

type Case = readonly [args: ReadonlyArray<string>, exitCode: number, message: RegExp]

interface Bad {
  /** Arguments with which the command would work. */
  readonly good: ReadonlyArray<string>
  /** Whether the command loads the application. Default: it does. */
  readonly usesNoApplication?: true
  /** Bad values of flags with a value, and of arguments. Each name needs a case, or is listed in `anyText`. */
  readonly cases: Readonly<Record<string, ReadonlyArray<Case>>>
  /** Flags that allow every text but an empty one. */
  readonly anyText?: ReadonlyArray<string>
}

const noUser: RegExp = /^--user: there is no user "zoe"$/
const database = /^--database: write postgres:\/\/user:password@host:port\/database/
const email: ReadonlyArray<Case> = [[["bob", "--email", "bob"], 64, /^--email: "bob" is not an e-mail address$/]]
const username: ReadonlyArray<Case> = [
  [[""], 1, /^Write a user name\.$/],
  [["a b"], 1, /^A user name has letters, digits and the characters @ \. \+ - _, and at most 150 of them\.$/],
  [["alice"], 1, /^the user name "alice" is taken$/]
]
const session: ReadonlyArray<Case> = [[[""], 64, /write a session key, a Cookie header or a session text$/]]
const subject: Bad["cases"] = {
  "--address": [[["--address", "1.2.3"], 64, /^--address: "1\.2\.3" is not an IP address$/]],
  "--email": [[["--email", "bob"], 64, /^--email: "bob" is not an e-mail address$/]],
  "--key": [[["--key", "x y"], 64, /^--key: "x y" is not a key: write one as `latchkey throttle list` shows it$/]]
}
const wholeNumber = (value: string): Case => [
  [`--batch=${value}`],
  64,
  new RegExp(
    `^Invalid value for flag --batch: "${value.replace(".", "\\.")}"\\. Expected: a whole number of at least 1`
  )
]
const choices = (flag: string, list: string): Case => [
  [`--${flag}`, "nonsense"],
  64,
  new RegExp(`^Invalid value for flag --${flag}: "nonsense"\\. Expected: ${list.replaceAll("|", "\\|")}`)
]

const bad: Readonly<Record<string, Bad>> = {
  init: {
    good: ["--yes"],
    usesNoApplication: true,
    cases: {
      "--framework": [choices("framework", '"next" | "koa" | "express"')],
      "--sessions": [choices("sessions", '"postgres" | "redis"')],
      "--database": [
        ...["nonsense", "mysql://h/d", "postgres://", "postgres://h:x/d", "postgres://h/d e", "postgres://h/d\nA=1"],
        ...["postgres://u:p#w@h/d", "postgres://u:$HOME@h/d", "postgres://u:p%w@h/d", 'postgres://u:"p@h/d']
      ].map((url) => [["--yes", "--database", url], 64, database])
    }
  },
  migrate: { good: [], cases: {} },
  createsuperuser: { good: ["bob"], cases: { "--email": email, username } },
  createuser: { good: ["bob"], cases: { "--email": email, username } },
  changepassword: { good: ["alice"], cases: { username: [[["zoe"], 1, /^there is no user "zoe"$/]] } },
  grant: {
    good: ["blog.add_post", "--user", "alice"],
    cases: {
      permission: [
        [
          ["post", "--user", "alice"],
          64,
          /^"post" is not a permission: write app_label\.codename.* a group with --group/
        ],
        [["a.b.c", "--user", "alice"], 64, /^"a\.b\.c" is not a permission/],
        [["blog.ad_post", "--user", "alice"], 1, /no permission "blog\.ad_post" \(did you mean blog\.add_post\?\)/],
        [["blog.add_post"], 64, /--user NAME or --group NAME/]
      ],
      "--user": [[["blog.add_post", "--user", "zoe"], 1, noUser]],
      "--group": [
        [
          ["blog.add_post", "--group", "editor"],
          1,
          /no group "editor" \(did you mean editors\?\); nothing was changed/
        ],
        [
          ["--group", "x".repeat(151), "--create-group"],
          1,
          /name of a group cannot be stored: write 1 to 150 characters/
        ],
        [["blog.add_post", "--user", "alice", "--group", "editors"], 64, /either --user NAME or --group NAME/]
      ],
      "--create-model": [
        ...["Post", "blog.", "a.b.c", "1.Post", "blog.my post"].map(
          (name): Case => [
            ["--create-model", name],
            64,
            /^--create-model: ".*" is not a model: write app_label\.ModelName/
          ]
        ),
        [
          ["blog.add_post", "--user", "alice", "--create-model", "blog.Post"],
          64,
          /^--create-model goes with no other flag/
        ]
      ],
      "--join": [
        [
          ["--user", "alice", "--join", "editor"],
          1,
          /no group "editor" \(did you mean editors\?\); nothing was changed/
        ],
        [["--group", "editors", "--join", "editors"], 64, /^--join needs --user/]
      ]
    }
  },
  "sessions list": { good: ["--user", "alice"], cases: { "--user": [[["--user", "zoe"], 1, noUser]] } },
  "sessions end": {
    good: ["--user", "alice"],
    cases: {
      "--user": [[["--user", "zoe"], 1, noUser]],
      "--session": [[["--user", "alice", "--session", "x"], 1, /^--session: alice has no session "x" \(`latchkey sess/]]
    }
  },
  "throttle list": { good: [], cases: subject, anyText: ["--user"] },
  "throttle reset": { good: ["--user", "alice"], cases: subject, anyText: ["--user"] },
  inspect: { good: ["key"], cases: { session } },
  explain: { good: ["key"], cases: { session } },
  clearsessions: { good: [], cases: { "--batch": ["0", "-1", "x", "1.5", "9".repeat(20)].map(wholeNumber) } },
  doctor: { good: [], cases: {} },
  secret: { good: [], usesNoApplication: true, cases: {} },
  completions: {
    good: ["bash"],
    usesNoApplication: true,
    cases: {
      shell: [[["tcsh"], 64, /^Invalid value for argument <shell>: "tcsh"\. Expected: "bash" \| "zsh" \| "fish"/]]
    }
  }
}

/** The commands that run something, by their words. */
const leaves = (command: Completions.CommandDescriptor, path = ""): ReadonlyArray<readonly [string, typeof command]> =>
  command.subcommands.length === 0
    ? [[path, command]]
    : command.subcommands.flatMap((one) => leaves(one, path === "" ? one.name : `${path} ${one.name}`))
const commands = leaves(Completions.fromCommand(root))

const takesText = ({ type }: Completions.FlagDescriptor): boolean => type._tag !== "Boolean"

/** Arguments without a flag, given as `--name VALUE`. */
const without = (args: ReadonlyArray<string>, flag: string): ReadonlyArray<string> =>
  args.filter((arg, index) => arg !== flag && args[index - 1] !== flag)

/** Bad values that follow from the kind of a flag. */
const byKind = ({ flags }: Completions.CommandDescriptor, { good }: Bad): ReadonlyArray<Case> =>
  [...flags.map((flag) => [flag.name, takesText(flag)] as const), ["json", false] as const].map(([name, isText]) =>
    isText
      ? [
          [...without(good, `--${name}`), `--${name}=`],
          64,
          new RegExp(`^Missing value for flag --${name}\\. Expected: \\S`)
        ]
      : [
          [...without(good, `--${name}`), `--${name}=maybe`],
          64,
          new RegExp(`^Invalid value for flag --${name}: "maybe"\\. Expected "true" `)
        ]
  )

/** Bad values of the flags of every command, which are read in one place: `doctor` has all cases. */
const ofEvery = (path: string, { good, usesNoApplication }: Bad): ReadonlyArray<Case> => {
  const config = (file: string, message: RegExp): Case => [[...good, "--config", file], 78, message]
  const url = (value: string, code: number, message: RegExp): Case => [
    [...good, `--database-url=${value}`],
    code,
    message
  ]
  const noUrl =
    /^--database-url: must be of the form postgres:\/\/user:password@host:port\/database\nin a password write /
  const unused = new RegExp(`^--(config|database-url): \`latchkey ${path}\` uses no application$`)
  if (usesNoApplication)
    return [
      [[...good, "--config", "auth.ts"], 64, unused],
      [[...good, "--database-url", "postgres://h/d"], 64, unused]
    ]
  const first = [config("missing.ts", /^--config: there is no file missing\.ts$/), url("nonsense", 78, noUrl)]
  if (path !== "doctor") return first
  return [
    ...first,
    config("broken.ts", /^broken\.ts:2 is not valid: /),
    config("throws.ts", /^throws\.ts cannot be loaded: Error: the reason\nat .*throws\.ts:1:/),
    config("none.ts", /^none\.ts exports no auth \(it exports other\): write /),
    config("wrong.ts", /^wrong\.ts: its export auth is not made by createAuth of latchkey$/),
    [["--config", "auth.ts", "--database-url", "postgres://h/d"], 78, /^--config and --database-url name two/],
    [["--config="], 64, /^Missing value for flag --config\. Expected: FILE/],
    url("", 64, /^Missing value for flag --database-url\. Expected: URL/),
    ...["mysql://h/d", "postgres://h:99999/d"].map((value) => url(value, 78, noUrl)),
    url("postgres://u:secret%word@h/d", 78, /^--database-url: a % is not followed by two hexadecimal digits/)
  ]
}

describe.skipIf(!longSuite().available)("a bad value", () => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-bad-"))
  beforeAll(() => {
    mkdirSync(join(folder, "node_modules"))
    symlinkSync(join(import.meta.dirname, "../.."), join(folder, "node_modules", "latchkey"))
    symlinkSync(join(import.meta.dirname, "../../node_modules/postgres"), join(folder, "node_modules", "postgres"))
    const files = {
      "package.json": '{"type":"module","dependencies":{"koa":"*"}}',
      "broken.ts": "export const other = 1\nexport const auth = createAuth(",
      "throws.ts": 'throw new Error("the reason")',
      "none.ts": "export const other = 1",
      "wrong.ts": "export const auth = {}",
      // Writes down each call that changes something.
      "auth.ts": `import { appendFileSync } from "node:fs"
        import { createAuth, minimumLength, modelBackend, pbkdf2Sha256 } from "latchkey"
        import { memory, memoryThrottle } from "latchkey/memory"
        const store = memory({ userSessions: true })
        const real = createAuth({
          secretKey: "z".repeat(50), sessions: store.sessions, backends: { m: modelBackend(store.users) },
          throttle: { store: memoryThrottle() }, hashers: [pbkdf2Sha256({ iterations: 1 })], passwordValidators: [minimumLength()]
        })
        await real.createUser({ username: "alice", password: "old-password" })
        await real.permissions.create({ app: "blog", model: "Post" })
        await real.permissions.createGroup("editors")
        const written = (of) => new Proxy(of, { get: (target, name) => name === "permissions" ? written(target[name])
          : name === "sharesThrottle" ? true
          : typeof target[name] === "function" && /^(create|set|change|end|clear|reset|delete)/.test(name)
            ? async (...parameters) => {
              const answer = await target[name](...parameters)
              if (answer) appendFileSync("written", name + "\\n")
              return answer
            }
            : target[name] })
        export const auth = written(real)`
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    writeFileSync(join(folder, "written"), "")
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** Runs a command with a bad value, as for people or as for machines. */
  const expectRefused = async (path: string, [args, exitCode, message]: Case, json: boolean): Promise<void> => {
    const line = [...path.split(" "), ...(json ? ["--json"] : []), ...args]
    const { code, stderr, stdout } = await latchkey(line, { cwd: folder, stdin: "correct horse battery\n" })
    expect({ line, code, stdout }).toEqual({ line, code: exitCode, stdout: "" })
    if (json) {
      const { error } = JSON.parse(stderr)
      expect(error.message).toMatch(message)
      expect(error.exitCode).toBe(exitCode)
    } else {
      expect(stderr.startsWith("latchkey: ")).toBe(true)
      expect(stderr.slice("latchkey: ".length).replaceAll("\n  ", "\n").trimEnd()).toMatch(message)
    }
    expect(stderr).not.toMatch(/secret%word|\n {4}at /)
  }

  it("has a case for every flag and argument of every command", () => {
    expect(Object.keys(bad).sort()).toEqual(commands.map(([path]) => path).sort())
    expect(globalFlags.map(({ id }) => id)).toEqual(["json", "config", "database-url"])
    for (const [path, { arguments: names, flags }] of commands) {
      const wanted = [...flags.filter(takesText).map(({ name }) => `--${name}`), ...names.map(({ name }) => name)]
      const { anyText = [], cases } = bad[path] ?? { cases: {} }
      expect([path, ...Object.keys(cases), ...anyText].sort()).toEqual([path, ...wanted].sort())
      for (const list of Object.values(cases)) expect(list.length).toBeGreaterThan(0)
    }
  })

  it.each(commands)("of %s is refused with its reason", async (path, command) => {
    const of = bad[path] ?? expect.fail("no cases")
    const own = Object.values(of.cases).flat()
    const all = [...own, ...byKind(command, of), ...ofEvery(path, of)].map((one) => [one, false] as const)
    // The same for machines: the first case of each flag.
    const forMachines = Object.values(of.cases).flatMap(([one]) => (one === undefined ? [] : [[one, true] as const]))
    const queue = [...all, ...forMachines]
    const work = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) await expectRefused(path, next[0], next[1])
    }
    await Promise.all([work(), work(), work()])
    expect(readFileSync(join(folder, "written"), "utf8")).toBe("")
    expect(readdirSync(folder).length).toBe(8)
  })

  it("of a subcommand is refused with the names of all", async () => {
    for (const [path, names] of [
      ["sessions", "list, end"],
      ["throttle", "list, reset"]
    ] as const) {
      await expectRefused(path, [[], 64, new RegExp(`^the subcommand is missing: .*${names}`)], true)
      await expectRefused(path, [["nonsense"], 64, /^Unknown subcommand "nonsense"/], false)
    }
  })
})
