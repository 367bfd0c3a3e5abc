/**
 * The terminal for questions: they appear on standard error, so that `latchkey secret > .env` writes no question into
 * the file. A command asks only if both ends are a terminal. Otherwise `effect/cli` would read a pipe as if it were
 * keys.
 */
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Terminal from "effect/Terminal"
import { hasColors } from "./output.ts"

/** Whether the command can ask a question. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

const narrowest = 40
const widest = 100

/** How many characters a line of text may have: the terminal's width, 80 without a terminal. */
export const textWidth = (stream: NodeJS.WriteStream): number =>
  Math.min(widest, Math.max(narrowest, stream.isTTY === true && stream.columns > 0 ? stream.columns : 80))

/** Node's terminal, with the questions on standard error. */
export const layer: Layer.Layer<Terminal.Terminal, never, Terminal.Terminal> = Layer.effect(
  Terminal.Terminal,
  Effect.map(Terminal.Terminal, (terminal) =>
    Terminal.make({
      ...terminal,
      columns: Effect.sync(() => process.stderr.columns ?? 0),
      rows: Effect.sync(() => process.stderr.rows ?? 0),
      display: (text) =>
        Effect.sync(() => {
          process.stderr.write(text)
        })
    })
  )
)

/** What the terminal can do, by standard error: `effect/cli` looks at standard output. */
export const capabilities: Layer.Layer<never> = Layer.sync(TerminalCapabilities, () => ({
  canColor: hasColors(process.stderr),
  canAnimate: process.stderr.isTTY === true,
  canPrompt: canAsk()
}))
