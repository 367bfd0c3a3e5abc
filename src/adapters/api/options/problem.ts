/** The text as a list of one if the condition holds, else an empty list. */
export const problem = (holds: boolean, text: string): ReadonlyArray<string> => (holds ? [text] : [])

/** Whether a number of seconds can be the age of a cookie. */
export const isAge = (seconds: number): boolean => Number.isSafeInteger(seconds) && seconds > 0
