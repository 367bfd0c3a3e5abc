/** Which pages stay open when all others require a login. */
import { describe, expect, it } from "vitest"
import { LoginRequired } from "../../../../src/adapters/errors/errors.ts"
import { application } from "../site.ts"

const entered = async (target: string, isClosed: (() => boolean) | undefined, loginUrl?: string): Promise<string> => {
  const { auth } = await application(loginUrl === undefined ? {} : { loginUrl })
  const request = auth.open({
    method: "GET",
    target,
    headers: [["Host", "localhost"]],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  const admitted = request.enter({ exempt: () => false, body: undefined, loginRequired: isClosed })
  return Promise.resolve(admitted).then(
    () => "Admitted",
    (error: unknown) => (error instanceof LoginRequired ? error.location : String(error))
  )
}

describe("an application for users only", () => {
  const all = () => true
  it("redirects all other clients to the login page", async () => {
    expect(await entered("/private?a=b", all)).toBe("/accounts/login/?next=/private%3Fa%3Db")
  })
  it("leaves the login page open, with the way back in next", async () => {
    expect(await entered("/accounts/login/?next=/private", all)).toBe("Admitted")
    expect(await entered("/enter", all, "/enter")).toBe("Admitted")
  })
  it.each([
    "/accounts/login",
    "/accounts/login/../private",
    "/accounts%2Flogin%2F",
    "/accounts/login//",
    "/accounts/login/x",
    "//accounts/login/",
    "/?/accounts/login/"
  ])("takes %s for no login page", async (target) => {
    expect(await entered(target, all)).toContain("/accounts/login/?next=")
  })
  it("does not treat a page of another host as its login page", async () => {
    expect(await entered("/enter", all, "https://sso.example/enter")).toMatch(/^https:\/\/sso\.example\/enter\?next=/)
  })
  it("leaves open the pages that the application names", async () => {
    expect(await entered("/private", () => false)).toBe("Admitted")
    expect(await entered("/private", undefined)).toBe("Admitted")
  })
})
