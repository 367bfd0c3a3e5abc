/** What new passwords are held to, as in a Django site that `startproject` made. */
import { commonPassword, minimumLength, notEntirelyNumeric, userAttributeSimilarity } from "latchkey"
import { commonPasswords } from "latchkey/common-passwords"

export const passwordValidators = [
  userAttributeSimilarity(),
  minimumLength(),
  commonPassword(commonPasswords()),
  notEntirelyNumeric()
]
