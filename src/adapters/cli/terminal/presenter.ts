/**
 * Where help, version and usage errors go. What was asked for is a result, on standard output. A wrong command line
 * gets one or two lines on standard error, not the whole help.
 */
import type { NonShowHelpErrors } from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import { exitCodes } from "../exit-code.ts"
import { helpText } from "./help.ts"
import { hasColors, say, write } from "./output.ts"
import { isJsonAsked, reportError } from "./report.ts"
import { textWidth } from "./terminal.ts"

const bold = (heading: string): string => `\x1b[1m${heading}\x1b[0m`

/** The message on one line, without the list of suggestions that `effect/cli` appends on lines of their own. */
const messageOf = (error: NonShowHelpErrors): string => {
  const [message = ""] = error.message.split("\n\n  Did you mean this?")
  const suggestions = "suggestions" in error ? error.suggestions : []
  return suggestions.length === 0 ? message : `${message}. Did you mean ${suggestions.join(" or ")}?`
}

/** A command without its subcommand. A person gets the help instead. */
const subcommandMissing = ({ subcommands = [], usage }: HelpDoc): string =>
  `the subcommand is missing: ${usage} (${subcommands.flatMap(({ commands }) => commands.map(({ name }) => name)).join(", ")})`

const presenter: CliOutput.Presenter = {
  present: (event) => {
    switch (event._tag) {
      case "Help": {
        if (event.reason === "Implicit" && isJsonAsked())
          return Effect.sync(() => reportError(exitCodes.usage, subcommandMissing(event.helpDoc)))
        const stream = event.reason === "Requested" ? process.stdout : process.stderr
        const text = helpText(event.helpDoc, textWidth(stream), hasColors(stream) ? bold : undefined)
        return event.reason === "Requested" ? write(text) : say(text)
      }
      case "InvalidInvocation":
        return Effect.sync(() => {
          const messages = event.errors.map(messageOf)
          const advice = isJsonAsked() ? [] : [`${event.commandPath.join(" ")} --help says more`]
          reportError(exitCodes.usage, [...messages, ...advice].join("\n"))
        })
      case "Version":
        return write(event.version)
      default:
        return event satisfies never
    }
  }
}

export const layer = CliOutput.layerPresenter(presenter)
