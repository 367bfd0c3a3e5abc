/**
 * The working copy of one request's session: changed in place, so that 100,000 changes copy the data once. The core's
 * sessions are values that no operation changes; this one belongs to a request and is given up as soon as the request's
 * session becomes another value (a login, a flush, a copy for the receivers of a signal). Until then its value shows
 * the changes that are still to come.
 */
import type { JsonText, SessionData } from "../../core/session/data.ts"
import type { LoadedSession, Operation } from "../../core/session/session.ts"

export class SessionDraft {
  #own: { readonly data: Map<string, JsonText>; readonly operations: Operations } | undefined
  #value: LoadedSession

  /** @param session left as it is; its data is copied with the first change */
  constructor(session: LoadedSession) {
    this.#value = session
  }

  /** The session with the changes so far. */
  get value(): LoadedSession {
    return this.#value
  }

  set(key: string, value: JsonText): void {
    const { data, operations } = this.#writable()
    data.set(key, value)
    operations.add({ _tag: "Set", key, value })
    this.#touch(true)
  }

  /** Merges; counts as a modification even when there is nothing to merge. */
  update(values: SessionData): void {
    for (const [key, value] of values) this.set(key, value)
    this.#touch(true)
  }

  /** Marks the session to be written, although no key changed. */
  markModified(): void {
    this.#touch(true)
  }

  /** Removes keys. If none of them is there, the session stays unmodified. @returns whether any was there */
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

  /** @returns what stands under the key now */
  setDefault(key: string, value: JsonText): JsonText {
    const present = this.#value.data.get(key)
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
 * Operations, of which the last one for a key takes the place of the earlier ones. Applied to other data they come to the
 * same, but for the order of the keys.
 */
class Operations {
  readonly list: Array<Operation> = []
  /** Where each key stands, since the last operation that concerns more than one key. */
  readonly #positions = new Map<string, number>()
  /** An operation depends on the user that the session acts as, so nothing before it may be left out. */
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
        if (!this.#depends) this.list.length = 0
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
}
