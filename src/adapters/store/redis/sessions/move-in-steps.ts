/**
 * Gives a session another key in a cluster. The two keys are on different nodes, so no script can change both.
 *
 * | step | if it fails, or the old session has changed |
 * | --- | --- |
 * | 1. read the old session | nothing has happened |
 * | 2. write the new one, under a key that no client knows | the same; what may have been written expires by itself |
 * | 3. delete the old one if it has not changed, and store the new key beside it | the new one is deleted |
 *
 * The new session's data is never stored under the old key, which other people may know. Between steps 2 and 3 both
 * sessions exist, and both stay if the process dies there.
 */
import type { CommitAnswer } from "../../../../core/effect.ts"
import { parseRecord } from "../../record-text.ts"
import { evaluate, type Servers } from "../connection/servers.ts"
import * as Scripts from "../scripts/scripts.ts"
import {
  answered,
  compared,
  forwarded,
  getText,
  type Moved,
  type Moving,
  movedTo,
  putNew,
  putNewWithRecord,
  remove
} from "./redis-sessions.ts"

export const moveInSteps = async (servers: Servers, moving: Moving): Promise<Moved> => {
  const { records } = moving
  const record = records === undefined ? undefined : await getText(servers, records.from)
  const answer = await steps(servers, moving, record)
  return { answer, record: answer._tag === "Committed" ? parseRecord(record) : undefined }
}

/** @param record the text of the old session's record */
const steps = async (servers: Servers, moving: Moving, record: string | undefined): Promise<CommitAnswer> => {
  const { change, forwarding, from, liveMilliseconds, records, to } = moving
  const mayBeGone = change.ifGone === "Insert"
  /** Looks for the new key of a session that is gone. */
  const elsewhere = async () => (change.was === undefined ? movedTo(servers, forwarding) : undefined)
  const present = await getText(servers, from)
  if (present === undefined) {
    const moved = await elsewhere()
    if (moved !== undefined) return moved
    if (!mayBeGone) return { _tag: "Gone" }
  }
  if (present !== undefined && change.was !== undefined && present !== change.was)
    return { _tag: "Changed", text: present }
  if (records === undefined) {
    if (!(await putNew(servers, to, change.text, liveMilliseconds))) return { _tag: "KeyTaken" }
  } else {
    const put = await putNewWithRecord(servers, {
      ...{ key: change.to, name: to, text: change.text, liveMilliseconds, record: records.to, visit: records.visit },
      was: change.forwards === true ? record : undefined
    })
    if (put._tag !== "Committed") return put
  }
  const undo = () => remove(servers.lasting ?? servers, to, ...(records === undefined ? [] : [records.to]))

  const committed: CommitAnswer = { _tag: "Committed", key: change.to, text: change.text }
  const removed = async (): Promise<CommitAnswer> => {
    const was = compared(change.was)
    const old = records === undefined ? [] : [records.from]
    // Sent again after a lost answer, if it does not matter which request removed it. Otherwise the result is unknown.
    const reply =
      change.forwards === true
        ? await evaluate(servers, Scripts.leave, [from, forwarding, ...old], [...was, forwarded(change)], "once")
        : await evaluate(servers, Scripts.removeIf, [from, ...old], was, mayBeGone ? "repeatable" : "once")
    const answer = answered(reply, change.to, change.text)
    return answer._tag === "Gone" ? ((await elsewhere()) ?? answer) : answer
  }
  try {
    const answer = await removed()
    if (answer._tag === "Committed" || (answer._tag === "Gone" && mayBeGone)) return committed
    await undo()
    return answer
  } catch (cause) {
    // No client knows the new key. If it cannot be removed either, it stays unused until it expires.
    await undo().catch(() => {})
    throw cause
  }
}
