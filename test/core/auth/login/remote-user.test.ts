import { describe, expect, it } from "vitest"
import { type Current, decide } from "../../../../src/core/auth/login/remote-user.ts"

const alice: Current = { isRemote: true, isNamed: true }
const somebodyElse: Current = { isRemote: true, isNamed: false }
const loggedInHere: Current = { isRemote: false, isNamed: false }
const policies = [{ persistent: false }, { persistent: true }]

const keep = { _tag: "Keep" }
const authenticate = (remoteUser: string, logoutFirst: boolean) => ({ _tag: "Authenticate", remoteUser, logoutFirst })

describe("a request whose user the proxy names", () => {
  it("stays unchanged when that user is already logged in, with or without the proxy", () => {
    for (const policy of policies)
      for (const isRemote of [true, false]) expect(decide(policy, "alice", { isRemote, isNamed: true })).toEqual(keep)
  })

  it("authenticates a new user, without ending a session that the proxy did not start", () => {
    for (const policy of policies) {
      expect(decide(policy, "alice", undefined)).toEqual(authenticate("alice", false))
      expect(decide(policy, "alice", loggedInHere)).toEqual(authenticate("alice", false))
    }
  })

  it("ends the session of the user that the proxy named before", () => {
    for (const policy of policies) expect(decide(policy, "bob", somebodyElse)).toEqual(authenticate("bob", true))
  })

  it("ends it for an empty name too", () => {
    for (const policy of policies) expect(decide(policy, "", somebodyElse)).toEqual(authenticate("", true))
    expect(decide({ persistent: false }, "", alice)).toEqual(authenticate("", true))
  })
})

describe("a request whose user the proxy does not name", () => {
  it("is logged out when the proxy had logged it in", () => {
    expect(decide({ persistent: false }, undefined, alice)).toEqual({ _tag: "Logout" })
    expect(decide({ persistent: false }, undefined, somebodyElse)).toEqual({ _tag: "Logout" })
  })

  it("stays logged in with the setting persistent", () => {
    expect(decide({ persistent: true }, undefined, somebodyElse)).toEqual(keep)
  })

  it("stays unchanged if no user is logged in, or if the user logged in without the proxy", () => {
    for (const policy of policies) {
      expect(decide(policy, undefined, undefined)).toEqual(keep)
      expect(decide(policy, undefined, loggedInHere)).toEqual(keep)
    }
  })
})
