/** Errors as `next/navigation` of Next 15 and 16 throws them. */

const withDigest = (message: string, digest: string): Error => Object.assign(new Error(message), { digest })

export const redirect = (url: string, status = 307): never => {
  throw withDigest("NEXT_REDIRECT", `NEXT_REDIRECT;replace;${url};${status};`)
}

export const notFound = (status = 404): never => {
  throw withDigest(`NEXT_HTTP_ERROR_FALLBACK;${status}`, `NEXT_HTTP_ERROR_FALLBACK;${status}`)
}

export const notFoundOfNext150 = (): never => {
  throw withDigest("NEXT_NOT_FOUND", "NEXT_NOT_FOUND")
}

/** The error that Next throws internally when a value is known only during a request. */
export const dynamicUsage = (): never => {
  throw withDigest("Dynamic server usage", "DYNAMIC_SERVER_USAGE")
}

/** The value that a call throws, synchronously or later. */
export const thrownBy = async (call: () => unknown): Promise<unknown> => {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error("nothing was thrown")
}
