/** The `basePath` of next.config. */
export const basePath: string = ""
