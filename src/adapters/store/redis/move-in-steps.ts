/**
 * A session gets another key where no script can reach both: the two are on different nodes.
 *
 * | step | when it fails, or the old session is not what it was |
 * | --- | --- |
 * | 1. look at the old session | nothing has happened |
 * | 2. put the new one, under a key that nobody has been told | as above; what may have been written ends by itself |
 * | 3. remove the old one, if it still is what it was, and remember beside it where it went | the new one is removed |
 *
 * What the new session says never stands under the old key, which others may know. Between 2 and 3 both are there, and
 * both stay when this process dies there.
 */
import type { CommitAnswer } from "../../../core/effect.ts"
import * as Scripts from "./scripts.ts"
import { evaluate, type Servers } from "./servers.ts"
import { answered, compared, forwarded, getText, type Moving, movedTo, putNew, remove } from "./sessions.ts"

export const moveInSteps = async (servers: Servers, moving: Moving): Promise<CommitAnswer> => {
  const { change, forwarding, from, liveMilliseconds, to } = moving
  const mayBeGone = change.ifGone === "Insert"
  /** What else to say of a session that is gone. */
  const elsewhere = async () => (change.was === undefined ? movedTo(servers, forwarding) : undefined)
  const present = await getText(servers, from)
  if (present === undefined) {
    const moved = await elsewhere()
    if (moved !== undefined) return moved
    if (!mayBeGone) return { _tag: "Gone" }
  }
  if (present !== undefined && change.was !== undefined && present !== change.was)
    return { _tag: "Changed", text: present }
  if (!(await putNew(servers, to, change.text, liveMilliseconds))) return { _tag: "KeyTaken" }

  const committed: CommitAnswer = { _tag: "Committed", key: change.to, text: change.text }
  const removed = async (): Promise<CommitAnswer> => {
    const was = compared(change.was)
    // Repeated where it does not matter which request removed it; else an answer that was lost is an unknown.
    const reply =
      change.forwards === true
        ? await evaluate(servers, Scripts.leave, [from, forwarding], [...was, forwarded(change)], "once")
        : await evaluate(servers, Scripts.removeIf, [from], was, mayBeGone ? "repeatable" : "once")
    const answer = answered(reply, change.to, change.text)
    return answer._tag === "Gone" ? ((await elsewhere()) ?? answer) : answer
  }
  try {
    const answer = await removed()
    if (answer._tag === "Committed" || (answer._tag === "Gone" && mayBeGone)) return committed
    await remove(servers, to)
    return answer
  } catch (cause) {
    // Nobody knows the key: what cannot be removed either is found by nobody until it ends.
    await remove(servers, to).catch(() => {})
    throw cause
  }
}
