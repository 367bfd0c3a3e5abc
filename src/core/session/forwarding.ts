/**
 * Seconds for which a store remembers that a session got another key, so that a logout still finds it under the
 * old one.
 *
 * A logout that the client sent before it knew the new key has been answered by then: browsers and proxies wait about a
 * minute for an answer. Not longer, since until then a client that kept the old key can end the session, although it can
 * no longer use it.
 */
export const forwardingSeconds = 60
