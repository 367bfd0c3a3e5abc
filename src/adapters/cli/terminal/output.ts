/**
 * What the command writes. Standard output has results only. Everything else goes to standard error: questions,
 * progress, warnings and errors.
 */
import * as Effect from "effect/Effect"
import { Json } from "../global-flags.ts"
import { escapeControls, escapeControlsInJson } from "./escape-controls.ts"

/** Writes text for a person to standard error. */
export const say = (text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    process.stderr.write(`${text}\n`)
  })

/** A result, in the form for people and in the form for machines. */
export interface Result {
  readonly text: string
  /** Printed with `--json`, on one line. */
  readonly json: unknown
}

/** Writes the result of a command to standard output. */
export const print = Effect.fnUntraced(function* ({ json, text }: Result) {
  // What is stored may have come from a client.
  const line = (yield* Json) ? escapeControlsInJson(JSON.stringify(json)) : escapeControls(text)
  yield* write(line)
})

/** Writes a text and the end of the line to standard output. */
export const write = (text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    process.stdout.write(`${text}\n`)
  })

/** Whether the terminal shows colours. */
export const hasColors = (stream: { readonly isTTY?: boolean }): boolean =>
  stream.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb"

/**
 * From now on, everything that the application logs goes to standard error. A module that says
 * `console.log("connected")` when it is loaded must not change the result of the command.
 */
export const keepStandardOutputForResults = (): void => {
  console.log = console.error
  console.info = console.error
  console.debug = console.error
}
