/**
 * Copies a text that is kept longer than its request. Without a copy, a part of a text keeps the whole text in memory,
 * and a cookie's value is a part of its header.
 */
export const ownText = (text: string): string => Buffer.from(text).toString()
