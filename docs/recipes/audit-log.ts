import { auth } from "./auth.ts"

export const records: Array<string> = []

auth.on("user_logged_in", ({ user }) => void records.push(`${user.username} logged in`), { when: "committed" })
auth.on("user_logged_out", ({ user }) => void records.push(`${user?.username} logged out`), { when: "committed" })
auth.on("user_login_failed", ({ credentials }) => void records.push(`${credentials["username"]} failed`))
