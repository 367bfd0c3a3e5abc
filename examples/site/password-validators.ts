/** The validators for new passwords: the same as in a new Django project (`startproject`). */
import { commonPassword, minimumLength, notEntirelyNumeric, userAttributeSimilarity } from "latchkey"
import { commonPasswords } from "latchkey/common-passwords"

export const passwordValidators = [
  userAttributeSimilarity(),
  minimumLength(),
  commonPassword(commonPasswords()),
  notEntirelyNumeric()
]
