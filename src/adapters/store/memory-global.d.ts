/** The stores of a Next.js application that keeps them in memory: one pair for the process. */
declare var latchkeyMemory:
  | {
      readonly stores: import("./memory.ts").MemoryStores
      readonly userSessions: import("../ports/session-store.ts").UserSessionStore
    }
  | undefined
/** The failed logins of a Next.js application that counts them in memory: one store for the process. */
declare var latchkeyMemoryThrottle: import("./memory.ts").MemoryThrottle | undefined

declare namespace NodeJS {
  interface ProcessEnv {
    /**
     * Next.js sets it where an application runs. Declared as a property, so that code reads it with a dot: Next
     * replaces only that form when it builds.
     */
    readonly NEXT_RUNTIME?: string
  }
}
