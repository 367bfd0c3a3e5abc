import { nameOf } from "../browser/response-like.ts"
import type { SessionKeys } from "../site/session-keys.ts"

/** A site that may tell the keys of its stored sessions. */
interface WithRows {
  readonly rows?: SessionKeys
}

/**
 * The keys of the stored sessions; empty for a site that does not tell them.
 *
 * @throws {TypeError} if they are no keys
 */
export const storedKeys = async ({ rows }: WithRows): Promise<ReadonlySet<string>> => {
  const keys: unknown = (await rows?.()) ?? []
  const found = typeof keys === "object" && keys !== null && Symbol.iterator in keys ? [...Object(keys)] : undefined
  if (found === undefined || found.some((key) => typeof key !== "string"))
    throw new TypeError(
      `rows: it answers ${found === undefined ? nameOf(keys) : `a list with ${nameOf(found.find((key) => typeof key !== "string"))}`}; ` +
        "answer the keys of the stored sessions as strings, in an array or a Set"
    )
  return new Set(found)
}

/** Whether a session is stored under this key; false for a site that does not tell. */
export const isStored = async (site: WithRows, key: string | undefined): Promise<boolean> =>
  key !== undefined && (await storedKeys(site)).has(key)

/**
 * @param key of a session that is stored now.
 * @throws {TypeError} if the site tells other keys than those of its cookies
 */
export const examineRows = async (site: WithRows, key: string | undefined): Promise<void> => {
  if (site.rows === undefined || (await isStored(site, key))) return
  const { size } = await storedKeys(site)
  throw new TypeError(
    `rows: after a login the key of the session is not among the ${size} keys that it answers; read the store of the ` +
      "site itself, and answer the values of the session cookies, without the prefix that a cache puts before them. Leave " +
      "out `rows` if sessions are stored under other keys"
  )
}
