/** Debian's Chromium as visitors have it: with the back/forward cache, which Playwright turns off. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { programs } from "../rig/services.ts"

/**
 * Chromium's features that the tests run without: those that Playwright switches off, because only the last option of
 * this name counts, and the address bar's suggestions. They are three hidden pages for each window, and took a third of
 * Chromium's time.
 */
const without = [
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "LensOverlay",
  "MediaRouter",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
  "DestroyProfileOnBrowserClose",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "TcpPortRandomizationWin",
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "WebUIOmniboxFullPopup"
]

/** @param more further options of Chromium's command line */
export const launch = (...more: ReadonlyArray<string>): Promise<Browser> => {
  const executablePath = programs.chromium()
  if (executablePath === undefined) throw new Error("no Chromium here")
  return chromium.launch({
    executablePath,
    // Its sandbox does not work for root.
    args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), `--disable-features=${without.join(",")}`, ...more],
    ignoreDefaultArgs: ["--disable-back-forward-cache"]
  })
}

/** A new visitor: a window with its own cookies. */
export const visitor = async (
  browser: Browser,
  site: { readonly url: string },
  options: BrowserContextOptions = {}
): Promise<Page> => {
  const context = await browser.newContext({ baseURL: site.url, ...options })
  context.setDefaultTimeout(20_000)
  return context.newPage()
}

/** The text of the page's own content, without header and footer. */
export const said = (page: Page): Promise<string> => page.getByRole("main").innerText()

/** Path and query of the current page. */
export const placeOf = (page: Page): string => {
  const { pathname, search } = new URL(page.url())
  return pathname + search
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Fills in the login form of the current page, and sends it. */
export const sendLogin = async (page: Page, { password, username }: Credentials): Promise<void> => {
  await page.getByLabel("Username").fill(username)
  await page.getByLabel("Password").fill(password)
  await send(page, "Log in")
}

/** Logs in, and waits for the profile page. */
export const logIn = async (page: Page, credentials: Credentials): Promise<void> => {
  await page.goto("/accounts/login/")
  await sendLogin(page, credentials)
  await page.waitForURL("/accounts/profile/")
}

export const addToCart = async (page: Page, item: string): Promise<void> => {
  await page.goto("/cart/")
  await page.getByLabel("Item").fill(item)
  await send(page, "Add to cart")
  await page.getByText(item, { exact: true }).waitFor()
}

/** Presses a button of the page's own form. */
export const send = (page: Page, button: string): Promise<void> =>
  page.getByRole("main").getByRole("button", { name: button }).click()

export const changePassword = async (
  page: Page,
  fields: { readonly old: string; readonly first: string; readonly again: string }
): Promise<void> => {
  await page.goto("/accounts/password_change/")
  await page.getByLabel("Old password").fill(fields.old)
  await page.getByLabel("New password", { exact: true }).fill(fields.first)
  await page.getByLabel("New password, again").fill(fields.again)
  await send(page, "Change password")
}

export const logOut = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Log out" }).click()
  await page.getByRole("link", { name: "Log in" }).first().waitFor()
}

/** The user name that the site shows for this browser. */
export const whoIs = async (page: Page): Promise<unknown> => (await page.context().request.get("/me")).json()

export const sessionCookie = async (page: Page): Promise<string | undefined> =>
  (await page.context().cookies()).find(({ name }) => name === "sessionid")?.value
