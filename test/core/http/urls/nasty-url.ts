/** Random URLs made of the characters and words that change how a URL is parsed. */
import fc from "fast-check"

export const nastyUrl = fc.string({
  unit: fc.constantFrom(
    ..."/\\:@?#[]%.;&= \t\r\n\0\x1f\x7f\x85\xa0\u2028\ufeff\u2100\uff0f\uff0e\u3002\ud800aAe1",
    "//",
    "http:",
    "https://",
    "javascript:",
    "testserver",
    "evil.com",
    "[::1]",
    "%2f",
    "%09"
  ),
  maxLength: 12
})
