/** Reads the keys of the sessions that are stored now, as the session cookies have them, in any order. */
export type SessionKeys = () => Iterable<string> | Promise<Iterable<string>>
