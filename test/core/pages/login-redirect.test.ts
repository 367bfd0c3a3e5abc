import { describe, expect, it } from "vitest"
import type { RequestHead } from "../../../src/core/http/request/request-head.ts"
import { isLoginPage, redirectTo, redirectToLogin, toLogin } from "../../../src/core/pages/login-redirect.ts"
import vectors from "../../vectors/redirects.json" with { type: "json" }

/** The target as a client sends it: the vectors have it decoded. Their test client reads `//evil/` as a host. */
const target = (path: string): string => {
  if (path === "//evil/") return "/"
  const [before = "", query] = path.split("?")
  const latin1 = Buffer.from(query ?? "", "utf8").toString("latin1")
  return encodeURI(before) + (query === undefined ? "" : `?${latin1}`)
}

const head = (target: string, secure = false, host = "testserver"): RequestHead => ({
  method: "GET",
  target,
  headers: [["Host", host]],
  transport: { secure, serverName: "testserver", serverPort: secure ? "443" : "80" }
})

const settings = {
  http: {
    allowedHosts: ["testserver", ".example.com"],
    useForwardedHost: false,
    useForwardedPort: false,
    secureProxyHeader: undefined
  },
  loginUrl: "/accounts/login/",
  nextField: "next"
}

const redirect = (location: string) => ({ _tag: "Redirect", location })
const disallowed = { _tag: "BadRequest", reason: "DisallowedRedirect" }

describe("a redirect to the login page", () => {
  it.each(vectors.data.redirect_to_login)("carries $next in $login_url as by Django", (row) => {
    expect(redirectToLogin(row.next, row.login_url, row.field ?? undefined)).toEqual(redirect(row.location))
  })

  it.each(vectors.data.login_required)("brings back to $path from $login_url, https $secure, as by Django", (row) => {
    expect(toLogin({ ...settings, loginUrl: row.login_url }, head(target(row.path), row.secure))).toEqual(
      redirect(row.location)
    )
  })

  it("escapes a full path that was escaped already, and keeps / and ~", () => {
    expect(toLogin({ ...settings, loginUrl: "/login/?x=1" }, head("/a%20b/?q=%C3%BC"))).toEqual(
      redirect("/login/?x=1&next=/a%2520b/%3Fq%3D%25C3%25BC")
    )
    expect(toLogin(settings, head("/~a/*!'()"))).toEqual(redirect("/accounts/login/?next=/~a/%2A%21%27%28%29"))
  })

  it("compares the login page's host with the requested host exactly", () => {
    const elsewhere = { ...settings, loginUrl: "https://www.example.com:8443/login/" }
    expect(toLogin(elsewhere, head("/a/", true, "www.example.com:8443"))).toEqual(
      redirect("https://www.example.com:8443/login/?next=/a/")
    )
    expect(toLogin(elsewhere, head("/a/", true, "WWW.example.com:8443"))).toEqual(
      redirect("https://www.example.com:8443/login/?next=https%3A//WWW.example.com%3A8443/a/")
    )
    expect(toLogin(elsewhere, head("/a/", false, "www.example.com:8443"))).toEqual(
      redirect("https://www.example.com:8443/login/?next=http%3A//www.example.com%3A8443/a/")
    )
  })

  it("never redirects to the path itself, with any number of slashes at its start", () => {
    expect(toLogin(settings, head("//evil.example/a"))).toEqual(redirect("/accounts/login/?next=//evil.example/a"))
    expect(toLogin({ ...settings, loginUrl: "https://sso.example/" }, head("//evil.example/a"))).toEqual(
      redirect("https://sso.example/?next=http%3A//testserver//evil.example/a")
    )
  })

  it("is not made for a host that is not allowed", () => {
    expect(toLogin(settings, head("/a/", false, "evil.example"))).toEqual({
      _tag: "BadRequest",
      reason: "DisallowedHost"
    })
  })

  it("is not made if it would be too long, or if the login URL is invalid", () => {
    expect(toLogin(settings, head(`/${"%20".repeat(4000)}`))).toEqual(disallowed)
    expect(redirectToLogin("/a/", "http://[/", "next")).toEqual(disallowed)
    expect(toLogin({ ...settings, loginUrl: "http://[/" }, head("/a/"))).toEqual(disallowed)
    expect(redirectToLogin("/a/", "javascript:alert(1)", "next")).toEqual(disallowed)
    expect(redirectTo("/a\r\nb")).toEqual(disallowed)
  })
})

describe("an application that is mounted at a base path", () => {
  const mounted = { ...settings, loginUrl: "/shop/login" }
  const below = (path: string): RequestHead => ({ ...head(path), basePath: "/shop" })
  const prefixing = (path: string): RequestHead => ({ ...below(path), prefixesRedirects: true })

  it("has the base path in next", () => {
    expect(toLogin(mounted, below("/account/?a=1"))).toEqual(redirect("/shop/login?next=/shop/account/%3Fa%3D1"))
    expect(toLogin({ ...mounted, loginUrl: "https://sso.example/" }, below("/a"))).toEqual(
      redirect("https://sso.example/?next=http%3A//testserver/shop/a")
    )
  })

  it("redirects to absolute URLs where the framework adds the base path to paths", () => {
    expect(toLogin(mounted, prefixing("/a"))).toEqual(redirect("http://testserver/shop/login?next=/shop/a"))
    for (const loginUrl of ["https://sso.example/", "login"])
      expect(toLogin({ ...mounted, loginUrl }, prefixing("/a"))).toEqual(toLogin({ ...mounted, loginUrl }, below("/a")))
    const other = { ...mounted, loginUrl: "//sso.example/login" }
    expect(toLogin(other, prefixing("/a"))).toEqual(
      redirect("http://sso.example/login?next=http%3A//testserver/shop/a")
    )
  })

  it("recognises its login page by the complete path", () => {
    expect([isLoginPage(mounted, below("/login")), isLoginPage(mounted, head("/shop/login"))]).toEqual([true, true])
    expect([isLoginPage(mounted, head("/login")), isLoginPage(mounted, below("/shop/login"))]).toEqual([false, false])
  })
})

describe("the login page", () => {
  it("is the same with a slash at its end only with `ignoresTrailingSlash`", () => {
    const ignoring = (path: string): RequestHead => ({ ...head(path), ignoresTrailingSlash: true })
    for (const [loginUrl, path] of [
      ["/login", "/login/?next=/a"],
      ["/login/", "/login"]
    ] as const) {
      expect(isLoginPage({ ...settings, loginUrl }, ignoring(path))).toBe(true)
      expect(isLoginPage({ ...settings, loginUrl }, head(path))).toBe(false)
      expect(isLoginPage({ ...settings, loginUrl }, ignoring("/login/more"))).toBe(false)
    }
  })
})
