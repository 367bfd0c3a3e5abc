/** Makes flags whose default is shown in the help: the descriptions of `effect/cli` do not show it. */
import * as Flag from "effect/cli/Flag"
import type * as Option from "effect/Option"

/** A flag without a value, off by default. In `effect/cli` such a flag is required unless it has a default. */
export const off = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withDefault(false), Flag.withDescription(description))

/** A flag with a text, which is not empty. A shell variable that is not set gives an empty one. */
export const text = (name: string, metavar: string, description: string): Flag.Flag<string> =>
  Flag.String(name).pipe(
    Flag.filter(
      (value) => value.trim() !== "",
      () => metavar
    ),
    Flag.withMetavar(metavar),
    Flag.withDescription(description)
  )

/** A flag with a text, which may be left out. */
export const optionalText = (name: string, metavar: string, description: string): Flag.Flag<Option.Option<string>> =>
  text(name, metavar, description).pipe(Flag.optional)

/** A flag with a whole number of at least 1. */
export const positive = (name: string, metavar: string, description: string, fallback: number): Flag.Flag<number> =>
  Flag.String(name).pipe(
    Flag.filter(
      (value) => /^[0-9]+$/.test(value) && Number(value) >= 1 && Number.isSafeInteger(Number(value)),
      () => "a whole number of at least 1"
    ),
    Flag.map(Number),
    Flag.withMetavar(metavar),
    Flag.withDescription(`${description} Default: ${fallback.toLocaleString("en")}.`),
    Flag.withDefault(fallback)
  )
