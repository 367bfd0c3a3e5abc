import type { SessionKey } from "../../core/session-key.ts"
import type { SessionStore } from "../ports/session-store.ts"
import { FailedLogouts } from "./failed-logouts.ts"
import { SessionWatches } from "./session-watches.ts"

/** What this process knows of the sessions in one store. */
export interface ProcessSessions {
  /** Open connections whose sessions are watched. */
  readonly watches: SessionWatches
  /** The sessions that could not be deleted. */
  readonly failedLogouts: FailedLogouts
}

/** As in a new process. */
export const newProcess = (): ProcessSessions => ({ watches: new SessionWatches(), failedLogouts: new FailedLogouts() })

const name = Symbol.for("latchkey.process-sessions")

/** On `globalThis`, because a bundler may give the pages and the routes of one process a copy of this module each. */
const ofStores: WeakMap<SessionStore, ProcessSessions> = Reflect.get(globalThis, name) ?? new WeakMap()
Reflect.set(globalThis, name, ofStores)

/** What this process knows of the sessions in a store: each `createAuth` with this store gets the same. */
export const processSessions = (store: SessionStore): ProcessSessions => {
  const known = ofStores.get(store) ?? newProcess()
  ofStores.set(store, known)
  return known
}

/** A logout has failed: this process no longer accepts the session, and open connections with it read it again. */
export const rememberFailedLogout = ({ failedLogouts, watches }: ProcessSessions, key: SessionKey): void => {
  for (const added of failedLogouts.add(key)) watches.sessionChanged(added)
}
