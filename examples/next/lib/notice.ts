/** By which `proxy.ts` tells a page what is to be said once, percent-encoded. Nobody else's is let pass. */
export const noticeHeader = "x-latchkey-notice"
