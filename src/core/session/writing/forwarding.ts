/**
 * Seconds for which a store remembers that a session got a new key. During that time a logout that has the old key
 * still finds the session.
 *
 * Such a logout was sent before the client knew the new key. 60 seconds are enough, because browsers and proxies wait
 * about a minute for an answer. The time is not longer, because during it a client that has kept the old key can end
 * the session, although it can no longer use it.
 */
export const forwardingSeconds = 60
