/**
 * Writes the help of every command into docs/command-line.md: `npm run pages`. The help is that of the built command.
 */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const page = join(root, "docs", "command-line.md")

/** The help of a command, as it is without a terminal. @param command such as `sessions list` */
export const helpOf = (command: string): string =>
  execFileSync(process.execPath, [join(root, "dist", "cli.js"), ...command.split(" ").filter(Boolean), "--help"], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" }
  })

/** The commands that the help of a command lists, and the commands below these. */
export const commandsBelow = (command = ""): ReadonlyArray<string> => {
  const [, list = ""] = /\nCommands\n([\s\S]*?)\n\n/.exec(helpOf(command)) ?? []
  return Array.from(list.matchAll(/^ {2}(\w+)/gm), ([, name = ""]) => `${command} ${name}`.trim()).flatMap((each) => {
    const below = commandsBelow(each)
    return below.length === 0 ? [each] : below
  })
}

/** The flags that every command has are on the first page only. */
const withoutCommonFlags = (help: string): string =>
  help.replace(/\n\nFlags of every command\n[\s\S]*?(?=\n\n|$)/, "").trim()

/** The part of the page between the marks. */
export const generated = (): string =>
  [
    `\`\`\`text\n${helpOf("").trim()}\n\`\`\``,
    ...commandsBelow().map((command) => `### ${command}\n\n\`\`\`text\n${withoutCommonFlags(helpOf(command))}\n\`\`\``)
  ].join("\n\n")

export const marks = ["<!-- help -->", "<!-- /help -->"] as const

/** The page with the present help. */
export const withHelp = (text: string): string => {
  const [start, end] = [text.indexOf(marks[0]) + marks[0].length, text.indexOf(marks[1])]
  return `${text.slice(0, start)}\n\n${generated()}\n\n${text.slice(end)}`
}

if (import.meta.main) {
  const text = readFileSync(page, "utf8")
  const written = withHelp(text)
  if (written !== text) writeFileSync(page, written)
}
