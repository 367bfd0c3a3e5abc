/**
 * The working copy of one request's session. It is changed in place, so that 100,000 changes copy the data only once.
 * The sessions of the core are immutable values; a draft belongs to one request. The request stops using it when its
 * session becomes another value (a login, a flush, a copy for the receivers of a signal). Until then later changes are
 * visible in the draft's value.
 */

import { dataKey } from "../../../core/device-bound/device-binding.ts"
import type { JsonObject, JsonText } from "../../../core/json/json-value.ts"
import * as Data from "../../../core/json/session-data.ts"
import type { Member } from "../../../core/json/stored-json.ts"
import type { LoadedSession } from "../../../core/session/value/session.ts"
import type { Operation } from "../../../core/session/value/session-operation.ts"

export class SessionDraft {
  #own: { readonly data: Map<string, Member>; readonly operations: Operations } | undefined
  #value: LoadedSession

  /** @param session stays unchanged; its data is copied at the first change */
  constructor(session: LoadedSession) {
    this.#value = session
  }

  /** The session with all changes so far. */
  get value(): LoadedSession {
    return this.#value
  }

  set(key: string, value: JsonText): void {
    const { data, operations } = this.#writable()
    Data.put(data, key, value)
    operations.add({ _tag: "Set", key, value })
    this.#touch(true)
  }

  /** Sets all values. Marks the session as modified even if there are none. */
  update(values: JsonObject): void {
    for (const [key, value] of values) this.set(key, value)
    this.#touch(true)
  }

  /** Marks the session as modified, although no key changed. */
  markModified(): void {
    this.#touch(true)
  }

  /** Removes keys. If none of them exists, the session stays unmodified. @returns whether any of them existed */
  remove(keys: Iterable<string>): boolean {
    let removed = false
    for (const key of keys) {
      if (!this.#value.data.has(key)) continue
      const { data, operations } = this.#writable()
      data.delete(key)
      operations.add({ _tag: "Delete", key })
      removed = true
    }
    this.#touch(removed)
    return removed
  }

  /** Sets the value if the key has none. @returns the value of the key afterwards */
  setDefault(key: string, value: JsonText): JsonText {
    const present = Data.get(this.#value.data, key)
    if (present === undefined) this.set(key, value)
    else this.#touch(false)
    return present ?? value
  }

  #writable() {
    if (this.#own === undefined) {
      this.#own = { data: new Map(this.#value.data), operations: new Operations(this.#value.operations) }
      this.#value = { ...this.#value, data: this.#own.data, operations: this.#own.operations.list }
    }
    return this.#own
  }

  #touch(modified: boolean): void {
    const { accessed, modified: before } = this.#value
    if (accessed && (before || !modified)) return
    this.#value = { ...this.#value, accessed: true, modified: before || modified }
  }
}

/**
 * A list of operations, in which a new operation for a key replaces the earlier one for that key. Applied to other
 * data, the shorter list has the same result, except for the order of the keys.
 */
class Operations {
  readonly list: Array<Operation> = []
  /** The index of each key's operation, since the last operation that affects more than one key. */
  readonly #positions = new Map<string, number>()
  /** Whether an operation depends on the session's user: then no operation before it may be removed. */
  #depends = false

  constructor(operations: ReadonlyArray<Operation>) {
    for (const operation of operations) this.add(operation)
  }

  add(operation: Operation): void {
    switch (operation._tag) {
      case "Set":
      case "Delete": {
        const at = this.#positions.get(operation.key)
        if (at !== undefined) this.list[at] = operation
        else this.#positions.set(operation.key, this.list.push(operation) - 1)
        return
      }
      case "Clear":
        if (!this.#depends) this.#drop()
        break
      case "Bind":
        this.#depends = true
        break
      case "Identify":
        this.#depends ||= operation.over === "SameUser"
        break
      default:
        operation satisfies never
    }
    this.#positions.clear()
    this.list.push(operation)
  }

  /** Removes all operations, except those on the binding to a device: `Clear` keeps it. */
  #drop(): void {
    const kept = this.list.filter((operation) => operation._tag === "Set" && operation.key === dataKey)
    this.list.splice(0, this.list.length, ...kept)
  }
}
