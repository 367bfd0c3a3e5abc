/** Every operation of a request, with arguments. The compiler keeps the tables complete. */
import type { AuthEffects } from "../../../../src/adapters/api/per-request/auth-effects.ts"
import type { AnyFields, SessionAccess } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"

type Effects = AuthEffects<MemoryUser, AnyFields>
type SessionEffects = SessionAccess<AnyFields>

/** A user who is in no store. */
const stranger: MemoryUser = {
  id: 99,
  username: "stranger",
  email: "",
  isActive: true,
  isStaff: false,
  isSuperuser: false,
  lastLoginAt: undefined
}

export const credentials = { username: "alice", password: "alice's" }

/** The arguments that each operation is called with. */
export const operations: { readonly [Name in Exclude<keyof Effects, "session">]: ReadonlyArray<unknown> } = {
  getUser: [],
  userForLog: [],
  authenticate: [credentials],
  login: [stranger],
  logout: [],
  reauthenticate: [{ password: "alice's" }],
  updateSessionAuthHash: [stranger],
  checkPassword: [stranger, "alice's"],
  allowRequestFor: ["alice@example.com"],
  setPassword: [stranger, "a new password"],
  listSessions: [],
  endSession: ["unknown"],
  endOtherSessions: [],
  changePassword: [stranger, "alice's", "a new password"],
  resetPassword: [stranger, "no token", "a new password"],
  getCsrfToken: [],
  verifyCsrf: [{ csrfmiddlewaretoken: "wrong" }],
  ensureCsrfCookie: [],
  hasPerm: ["blog.add_post"],
  hasPerms: [["blog.add_post", "blog.view_post"]],
  hasModulePerms: ["blog"],
  getUserPermissions: [],
  getGroupPermissions: [{}],
  getAllPermissions: [],
  getPerms: [],
  templateValues: [],
  requireUser: [],
  requireRecentLogin: [60],
  requirePermission: ["blog.add_post", "blog.view_post"],
  requireUserWhere: [(user: MemoryUser) => user.username === "alice"],
  loginRequired: [],
  userPassesTest: [(user: MemoryUser | undefined) => user?.username === "bob"],
  permissionRequired: ["blog.add_post", "Forbid"],
  nextUrl: [{ next: "/cart" }],
  redirectToNext: ["/home"],
  host: [],
  isSecure: [],
  deviceVerdict: [],
  commit: [200]
}

export const sessionOperations: { readonly [Name in Exclude<keyof SessionEffects, "raw">]: ReadonlyArray<unknown> } = {
  get: ["cart"],
  set: ["cart", new Map()],
  has: ["cart"],
  keys: [],
  update: [{ cart: [2], name: "x" }],
  delete: [["cart", "name"]],
  pop: ["cart"],
  setDefault: ["theme", "dark"],
  clear: [],
  flush: [],
  cycleKey: [],
  save: [],
  key: [],
  isEmpty: [],
  setExpiry: [Number.NaN],
  expiryAgeSeconds: [],
  expiresAt: [],
  expiresAtBrowserClose: [],
  setTestCookie: [],
  testCookieWorked: [],
  deleteTestCookie: []
}

export const rawOperations: { readonly [Name in keyof SessionEffects["raw"]]: ReadonlyArray<unknown> } = {
  get: ["cart"],
  all: [],
  update: [new Map([["cart", "[3]"]])]
}
