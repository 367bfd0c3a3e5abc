/** Escapes control characters of text that is not the command's own: a terminal would obey them. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** `\x1b` for the escape character. Ends of lines and tabs stay. */
export const escapeControls = (text: string): string => text.replace(controls, (character) => `\\x${hex(character, 2)}`)

/** The same for JSON, where `JSON.stringify` leaves some of them: `\u009b`. */
export const escapeControlsInJson = (json: string): string =>
  json.replace(controls, (character) => `\\u${hex(character, 4)}`)

const hex = (character: string, digits: number): string => character.charCodeAt(0).toString(16).padStart(digits, "0")
