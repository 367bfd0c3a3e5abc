/** Records which cases of the corpus a test file has run, and compares them with the table in `cases.ts`. */
import { expect, it } from "vitest"
import { type Area, caseOf, idsOf, type Mode } from "./cases.ts"

export interface Row {
  readonly id: string
}

export interface Recording {
  /**
   * As `it.each`: a case counts as run when its test has passed, and has checked something.
   *
   * @param timeout milliseconds
   */
  readonly each: <R extends Row>(
    mode: Mode,
    rows: ReadonlyArray<R>
  ) => (title: string, run: (row: R) => Promise<void> | void, timeout?: number) => void
  /**
   * A test that fails if a case of the table was not run, or if one was run that the table does not have.
   *
   * @param only areas, or ids of cases, where another file runs the others
   */
  readonly isComplete: (mode: Mode, only?: ReadonlyArray<Area | `B${number}`>) => void
}

export const recordCases = (): Recording => {
  const ran = new Map<Mode, Set<string>>()
  return {
    each: (mode, rows) => (title, run, timeout) => {
      it.each([...rows])(
        title,
        async (row) => {
          expect.hasAssertions()
          await run(row)
          ran.set(mode, (ran.get(mode) ?? new Set()).add(row.id))
        },
        timeout
      )
    },
    isComplete: (mode, only) => {
      const subject = only === undefined ? "" : ` (${only.join(", ")})`
      it(`every case of the corpus has run here: ${mode}${subject}`, () => {
        const planned = idsOf(mode, only)
        expect(planned.length).toBeGreaterThan(0)
        expect([...(ran.get(mode) ?? [])].sort()).toEqual([...planned].sort())
      })
    }
  }
}

/** Checks that a difference to what the corpus expects has its reason in the table, and that there is a difference. */
export const expectReason = (mode: Mode, { id }: Row, isDifferent: boolean): void => {
  expect([id, mode, caseOf(id).differs?.[mode] !== undefined]).toEqual([id, mode, isDifferent])
}

/** The same for a status, where the text that the corpus expects begins with one or more: `400/415: only utf-8`. */
export const expectStatus = (mode: Mode, row: Row & { readonly expect: string }, status: number): void => {
  const [, expected] = /^(\d{3}(?:\/\d{3})*)/.exec(row.expect) ?? []
  if (expected !== undefined) expectReason(mode, row, !expected.split("/").includes(String(status)))
}
