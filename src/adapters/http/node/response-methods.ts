import type { Method } from "./native/native.ts"

/** The methods that send a response. A hold replaces them. */
export type Methods = Readonly<Record<"writeHead" | "write" | "end" | "flushHeaders", Method>>

/** The types of HTTP/2's response do not know `flushHeaders`. */
export interface MethodSlots {
  writeHead: Method
  write: Method
  end: Method
  flushHeaders?: Method
}

/** The methods of a response, or of its class. */
export const methodsOf = ({ writeHead, write, end, flushHeaders = () => {} }: MethodSlots): Methods => ({
  writeHead,
  write,
  end,
  flushHeaders
})

export const install = (res: MethodSlots, { writeHead, write, end, flushHeaders }: Methods): void => {
  res.writeHead = writeHead
  res.write = write
  res.end = end
  res.flushHeaders = flushHeaders
}
