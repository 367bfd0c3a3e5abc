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

/** Node's class has `writeHead` under an old name, too, which would not call the method that replaces `writeHead`. */
export const replaceOldName = (res: object): void => {
  if ("writeHeader" in res) res.writeHeader = writeHeader
}

const writeHeader = function (this: MethodSlots, ...args: ReadonlyArray<unknown>): unknown {
  return Reflect.apply(this.writeHead, this, args)
}
