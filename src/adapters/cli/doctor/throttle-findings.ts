/** Judges how failed attempts are limited. */
import type { Diagnosis, ThrottleFacts } from "../../ports/diagnosis.ts"
import type { Finding } from "./finding.ts"
import { tableFindings } from "./table-findings.ts"

/** From so many on, keys whose failures are forgotten are worth a word. */
const manyForgotten = 10_000

/** @param without the name of the application's framework, if that knows no socket */
export const throttleFindings = (
  { isProduction, throttle }: Pick<Diagnosis, "isProduction" | "throttle">,
  without?: string
): ReadonlyArray<Finding> => {
  if (throttle === undefined) return []
  const severity = isProduction ? "warning" : "note"
  return [
    ...found(!(throttle.isOn || throttle.hasOwnLimits), {
      ...{ code: "throttle.off", severity, confidence: "possible" },
      problem: "the option throttle is not set: failed logins do not make the next ones wait",
      effect: "an attacker can try passwords of a user as fast as the queue of password checks allows",
      remedy:
        "write throttle: { store: postgresThrottle({ client: pg.client }) }; if a proxy limits logins, nothing needs to be done"
    }),
    ...found(isAlone(throttle), {
      ...{ code: "throttle.process", severity, confidence: (throttle.processes ?? 1) > 1 ? "likely" : "possible" },
      problem: `the throttle store counts in one process only, and ${
        (throttle.processes ?? 1) > 1
          ? `WEB_CONCURRENCY asks for ${throttle.processes} processes`
          : "the sessions are where several processes can use them"
      }`,
      effect:
        "with several processes, an attacker gets as many times the free attempts, and a restart forgets failures",
      remedy: "use postgresThrottle() or redisThrottle(); if there is only one process, nothing needs to be done"
    }),
    ...found(throttle.isOn && !throttle.hasClientAddress && (without !== undefined || throttle.isBehindProxy), {
      ...{ code: "throttle.address", severity, confidence: "likely" },
      problem:
        without === undefined
          ? "the settings read headers of a proxy, but the option clientAddress is not set"
          : `the option clientAddress is not set, and ${without} knows no socket`,
      effect:
        without === undefined
          ? "all clients have the proxy's address: failed logins of one client make all others wait"
          : "failed logins are counted by user name only: an attacker who tries many names never waits",
      remedy:
        "write clientAddress: forwardedFor({ proxies: 1 }), or (head) => the address that your proxy or platform reports in a header that clients cannot set"
    }),
    ...ofStore(throttle.store)
  ]
}

const isAlone = ({ isShared, processes = 1, sessionsAreShared }: ThrottleFacts): boolean =>
  isShared === false && (sessionsAreShared || processes > 1)

const ofStore = (store: ThrottleFacts["store"]): ReadonlyArray<Finding> => {
  if (store === undefined) return []
  if ("code" in store)
    return [
      {
        ...{ code: "throttle.unreachable", severity: "error", confidence: "certain" },
        problem: `the throttle store does not answer (${store.code}: ${store.reason})`,
        effect: "logins are answered with 503; with a fallbackStore, that one counts them",
        remedy: "start the server of the throttle store, or correct its options"
      }
    ]
  const { evicts, forgottenKeys, liveKeys, table } = store
  return [
    ...tableFindings({ tables: table === undefined ? [] : [table] }),
    ...found(forgottenKeys >= manyForgotten && forgottenKeys > liveKeys, {
      ...{ code: "throttle.forgotten", severity: "warning", confidence: "certain" },
      problem: `${forgottenKeys.toLocaleString("en")} keys or more are stored whose failures are forgotten`,
      effect: "nothing yet; the table grows and its backups with it",
      remedy: "run `npx latchkey clearsessions` once a day: a Django's clearsessions does not know this table"
    }),
    ...found(evicts, {
      ...{ code: "throttle.eviction", severity: "note", confidence: "likely" },
      problem: "the Redis server of the throttle deletes keys when its memory is full",
      effect: "failures are forgotten then, and attackers get further attempts",
      remedy: "set maxmemory-policy to noeviction on that server, and watch the memory"
    })
  ]
}

const found = (applies: boolean, finding: Finding): ReadonlyArray<Finding> => (applies ? [finding] : [])
