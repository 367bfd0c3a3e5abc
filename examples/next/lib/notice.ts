/** The request header with which `proxy.ts` passes a page a message to show once, percent-encoded. A client cannot set it. */
export const noticeHeader = "x-latchkey-notice"
