/** Reports how a command ended, and ends the process: a connection pool of the application would keep it alive. */
import * as Cause from "effect/Cause"
import { isCliError } from "effect/cli/CliError"
import * as Exit from "effect/Exit"
import { CommandFailed } from "../command-failed.ts"
import { exitCodes } from "../exit-code.ts"
import { escapeControls } from "./escape-controls.ts"

/** Whether errors are printed as JSON. Known before the command line is understood, because that may fail. */
export const isJsonAsked = (): boolean =>
  process.argv.some((argument) => /^--json(=(true|yes|on|1|y))?$/.test(argument))

/** Writes an error to standard error. Control characters of what it quotes are escaped: a terminal would obey them. */
export const reportError = (exitCode: number, text: string): void => {
  const message = escapeControls(text)
  process.stderr.write(
    isJsonAsked()
      ? `${JSON.stringify({ error: { exitCode, message } })}\n`
      : `latchkey: ${message.replaceAll("\n", "\n  ")}\n`
  )
}

/** The exit code of a command that has ended. Reports its error, if that has not been done. */
export const exitCodeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return exitCodes.done
  if (Cause.hasInterruptsOnly(exit.cause)) return exitCodes.interrupted
  const error = Cause.squash(exit.cause)
  if (error instanceof CommandFailed) {
    reportError(error.exitCode, error.message)
    return error.exitCode
  }
  if (isCliError(error) && error._tag === "ShowHelp") return exitCodes.usage
  reportError(exitCodes.fault, `a fault in latchkey, please report it: ${detailsOf(error)}`)
  return exitCodes.fault
}

const detailsOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

/** Ends the process when everything has been written. */
export const end = (code: number): void => {
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)))
}
