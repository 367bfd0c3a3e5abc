/**
 * A copy for whoever remembers a text beyond its request: a part of a text keeps all of it in memory, and a cookie's
 * value is a part of its header.
 */
export const ownText = (text: string): string => Buffer.from(text).toString()
