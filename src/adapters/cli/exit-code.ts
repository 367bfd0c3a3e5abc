/** The exit codes of the command: those of BSD's `sysexits.h`, and 130 for an interrupt, as shells have it. */
export const exitCodes = {
  /** The command has done what it was asked for. */
  done: 0,
  /** The command line is right, but what it asks for is refused: the reasons are among the meanings below. */
  refused: 1,
  /** The command line is wrong, or an answer is missing that the command cannot ask for. */
  usage: 64,
  /** The database or another store cannot be reached. */
  unreachable: 69,
  /** A fault in the command itself. */
  fault: 70,
  /** The configuration is missing or wrong. */
  configuration: 78,
  /** Ctrl-C or SIGTERM. */
  interrupted: 130
} as const

/** The meaning of each exit code, for the help. */
export const exitCodeMeanings: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [exitCodes.done, "done"],
  [
    exitCodes.refused,
    "refused: the user name is taken, the password is too weak, there is no such user, the session is not valid, doctor found an error, the answer was no"
  ],
  [exitCodes.usage, "the command line is wrong, or a question could not be asked"],
  [exitCodes.unreachable, "the database or another store cannot be reached"],
  [exitCodes.fault, "a fault in latchkey; please report it"],
  [exitCodes.configuration, "the configuration is missing or wrong"],
  [exitCodes.interrupted, "ended by Ctrl-C or SIGTERM"]
]
