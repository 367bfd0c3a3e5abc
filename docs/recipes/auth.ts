import {
  commonPassword,
  createAuth,
  minimumLength,
  modelBackend,
  notEntirelyNumeric,
  userAttributeSimilarity
} from "latchkey"
import { commonPasswords } from "latchkey/common-passwords" // npm install @zxcvbn-ts/language-common
import { memory } from "latchkey/memory"

const { sessions, users } = memory() // or postgres({ url }) of "latchkey/postgres"

export const auth = createAuth({
  secretKey: process.env["SECRET_KEY"],
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  passwordValidators: [
    userAttributeSimilarity(),
    minimumLength(),
    commonPassword(commonPasswords()),
    notEntirelyNumeric()
  ]
})
