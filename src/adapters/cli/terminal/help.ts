/** How help looks: wrapped at the terminal's width, with the exit codes on the first page. */
import type { FlagDoc, HelpDoc } from "effect/cli/HelpDoc"
import * as Option from "effect/Option"
import { exitCodeMeanings } from "../exit-code.ts"
import { columns, wrap } from "./wrap.ts"

/** @param emphasis how a heading is emphasised; nothing without colours */
export const helpText = (doc: HelpDoc, width: number, emphasis = (heading: string): string => heading): string => {
  const section = (heading: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
    lines.length === 0 ? [] : ["", emphasis(heading), ...lines]
  const isFirstPage = doc.commandPath?.length === 1
  return [
    ...wrap(doc.description, width),
    ...section("Usage", [`  ${doc.usage}`]),
    ...(doc.subcommands ?? []).flatMap(({ commands, group }) =>
      section(
        group ?? "Commands",
        columns(
          commands.map(({ description, name, shortDescription }) => [
            name,
            shortDescription ?? firstSentence(description)
          ]),
          width
        )
      )
    ),
    ...section(
      "Arguments",
      columns(
        (doc.args ?? []).map(({ description, name, required }) => [
          required ? `<${name}>` : `[${name}]`,
          Option.getOrElse(description, () => "")
        ]),
        width
      )
    ),
    ...section("Flags", flagRows([...doc.flags, ...(doc.inheritedFlags ?? [])], width)),
    ...section("Flags of every command", flagRows(doc.globalFlags ?? [], width)),
    ...section(
      "Examples",
      (doc.examples ?? []).flatMap(({ command, description }) => [
        ...(description === undefined ? [] : wrap(description, width - 4).map((line) => `  # ${line}`)),
        `  ${command}`
      ])
    ),
    ...(isFirstPage
      ? section(
          "Exit codes",
          columns(
            exitCodeMeanings.map(([code, meaning]) => [String(code), meaning]),
            width
          )
        )
      : [])
  ].join("\n")
}

const flagRows = (flags: ReadonlyArray<FlagDoc>, width: number): ReadonlyArray<string> =>
  columns(
    flags.map(({ aliases, description, name, required, type }) => [
      [`--${name}`, ...aliases].join(", ") + (type === "boolean" ? "" : ` ${type}`),
      Option.getOrElse(description, () => "") + (required ? " Required." : "")
    ]),
    width
  )

const firstSentence = (text: string): string => /^.*?\.(?= |$)/s.exec(text)?.[0] ?? text
