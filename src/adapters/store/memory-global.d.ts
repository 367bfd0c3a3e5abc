/** The stores of a Next.js application that keeps them in memory: one for the process. */
declare var latchkeyMemory: import("./memory.ts").MemoryStores | undefined

declare namespace NodeJS {
  interface ProcessEnv {
    /** Next.js sets it where an application runs. Spelt with a dot, so that Next replaces it in what it builds. */
    readonly NEXT_RUNTIME?: string
  }
}
