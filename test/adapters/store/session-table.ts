/** A table of sessions in memory, without other clients: it defines what a change means. */
import * as fc from "fast-check"
import { expect, it } from "vitest"
import type { SessionChange } from "../../../src/core/effect.ts"
import type * as Key from "../../../src/core/session-key.ts"
import {
  absent,
  changed,
  committed,
  deleted,
  found,
  freshKey,
  gone,
  keyTaken,
  LATER,
  moved,
  type SessionCalls
} from "./session-calls.ts"

/** Compares a store with the table. */
export const sessionTableContract = ({ commit, load }: SessionCalls): void => {
  it("answers any sequence of changes like a table in memory", async () => {
    const names = fc.constantFrom("a", "b", "c")
    const text = fc.constantFrom("1", "2", "3")
    const was = fc.option(text, { nil: undefined })
    const ifGone = fc.constantFrom<"Insert" | "Refuse">("Insert", "Refuse")
    const steps = fc.array(
      fc.oneof(
        fc.record({ _tag: fc.constant("Insert" as const), key: names, text }),
        fc.record({ _tag: fc.constant("Update" as const), key: names, was, text }),
        fc
          .record({
            _tag: fc.constant("Move" as const),
            from: names,
            was,
            to: names,
            text,
            ifGone,
            forwards: fc.constantFrom<true | undefined>(true, undefined)
          })
          .filter(({ from, to }) => from !== to),
        fc.record({ _tag: fc.constant("Delete" as const), key: names })
      ),
      { minLength: 1, maxLength: 12 }
    )
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const keys = new Map(["a", "b", "c"].map((letter) => [letter, freshKey()]))
        const tables: Tables = { rows: new Map(), forwards: new Map() }
        for (const step of sequence) {
          const expiresAt = LATER
          const change: SessionChange =
            step._tag === "Move"
              ? moveOf({ ...step, from: keys.get(step.from)!, to: keys.get(step.to)!, expiresAt })
              : step._tag === "Delete"
                ? { ...step, key: keys.get(step.key)! }
                : { ...step, key: keys.get(step.key)!, expiresAt }
          expect(await commit(change)).toEqual(model(tables, change))
        }
        for (const key of keys.values()) {
          const text = tables.rows.get(key)
          expect(await load(key)).toEqual(text === undefined ? absent : found(text))
        }
      }),
      { numRuns: 40 }
    )
  })
}

interface Tables {
  readonly rows: Map<Key.SessionKey, string>
  /** The new keys of the rows that a change with `forwards` has moved. */
  readonly forwards: Map<Key.SessionKey, Key.SessionKey>
}

type Move = Extract<SessionChange, { readonly _tag: "Move" }>

const moveOf = ({ forwards, ...move }: Omit<Move, "forwards"> & { readonly forwards: true | undefined }): Move =>
  forwards === undefined ? move : { ...move, forwards }

/** The answer of a table in memory without other clients: this defines what a change means. */
const model = ({ forwards, rows }: Tables, change: SessionChange): unknown => {
  switch (change._tag) {
    case "Insert":
      if (rows.has(change.key)) return keyTaken
      rows.set(change.key, change.text)
      return committed(change.key, change.text)
    case "Update": {
      const present = rows.get(change.key)
      if (present === undefined) return gone
      if (change.was !== undefined && change.was !== present) return changed(present)
      rows.set(change.key, change.text)
      return committed(change.key, change.text)
    }
    case "Move": {
      const present = rows.get(change.from)
      const next = forwards.get(change.from)
      if (present === undefined && change.was === undefined && next !== undefined) return moved(next)
      if (present === undefined && change.ifGone === "Refuse") return gone
      if (present !== undefined && change.was !== undefined && change.was !== present) return changed(present)
      if (rows.has(change.to)) return keyTaken
      if (rows.delete(change.from) && change.forwards) forwards.set(change.from, change.to)
      rows.set(change.to, change.text)
      return committed(change.to, change.text)
    }
    case "Delete": {
      rows.delete(change.key)
      const next = forwards.get(change.key)
      return next === undefined ? deleted : moved(next)
    }
  }
}
