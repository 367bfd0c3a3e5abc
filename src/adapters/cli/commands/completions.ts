import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"
import { globalFlags, withoutApplication } from "../global-flags.ts"
import { write } from "../terminal/output.ts"

/** The script of `effect/cli`, whose comment names the flag with which it would be printed there. */
const script = (shell: Completions.Shell, described: Command.Command.Any): string =>
  Completions.generate("latchkey", shell, withGlobalFlags(Completions.fromCommand(described))).replaceAll(
    "latchkey --completions ",
    "latchkey completions "
  )

/** The descriptions of `effect/cli` leave out the flags that every command has. */
const withGlobalFlags = (command: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
  ...command,
  flags: [...command.flags, ...everyCommand],
  subcommands: command.subcommands.map(withGlobalFlags)
})

const everyCommand = Completions.fromCommand(
  Command.make("every", Object.fromEntries(globalFlags.map(({ flag, id }) => [id, flag])))
).flags

/** @param described the command whose subcommands and flags are completed */
export const completions = (described: Command.Command.Any | undefined) =>
  Command.make(
    "completions",
    {
      shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(
        Argument.withDescription("The shell that the script is for.")
      )
    },
    ({ shell }) =>
      Effect.andThen(
        withoutApplication("completions"),
        Effect.suspend(() => write(described === undefined ? "" : script(shell, described)))
      )
  ).pipe(
    Command.withDescription("Print a script that completes commands and flags with the Tab key."),
    Command.withExamples([
      { command: "source <(npx latchkey completions bash)", description: "In ~/.bashrc:" },
      { command: "npx latchkey completions fish > ~/.config/fish/completions/latchkey.fish" }
    ])
  )
