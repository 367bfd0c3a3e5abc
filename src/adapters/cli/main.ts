#!/usr/bin/env node
/** The `latchkey` command. The build makes one file of this module and of all that it imports: package.json's `bin`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliConfig from "effect/cli/CliConfig"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import manifest from "../../../package.json" with { type: "json" }
import { exitCodes } from "./exit-code.ts"
import { root } from "./latchkey-command.ts"
import { requireNode } from "./node-version.ts"
import { keepStandardOutputForResults } from "./terminal/output.ts"
import * as Presenter from "./terminal/presenter.ts"
import { end, exitCodeOf } from "./terminal/report.ts"
import * as Terminal from "./terminal/terminal.ts"

requireNode()
keepStandardOutputForResults()

// `latchkey … | head` closes the pipe: nothing reads the results any more.
process.stdout.on("error", () => process.exit(exitCodes.done))

// The first Ctrl-C lets the statement end that is running. The second one does not wait: the server completes the
// statement that it has begun, or undoes it, and each change is one statement or one transaction.
let interrupts = 0
process.on("SIGINT", () => {
  interrupts += 1
  if (interrupts > 1) process.exit(exitCodes.interrupted)
})

Command.run(root, { version: manifest.version }).pipe(
  Effect.provide([
    Presenter.layer,
    Terminal.capabilities,
    CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
    Layer.provideMerge(Terminal.layer, NodeServices.layer)
  ]),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit) => end(exitCodeOf(exit)) })
)
