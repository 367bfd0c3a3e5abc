/**
 * `latchkey/testing`: tests of your own application's authentication, with no test runner in particular.
 *
 * ```ts
 * const site = testSite()
 * const alice = await site.browserOf("alice")
 * const response = await alice.fetch(makeApp(site.auth), "/account")
 * ```
 */
import "./refuse-production.ts"

export type { Forward, SessionTable } from "../adapters/store/memory/session-table.ts"
export { Browser, type BrowserOptions, type CsrfNames, type RequestHandler, type Target } from "./browser/browser.ts"
export type { Cookie, CookieJar, CookieRequest } from "./browser/cookie-jar.ts"
export { DeviceBrowser, type DeviceBrowserOptions, type DeviceExchange } from "./browser/device-browser.ts"
export type { DeviceKey } from "./browser/device-key.ts"
export { type Around, intercepted, type StoreCall, type Stores } from "./browser/intercept.ts"
export { listener, type NodeApplication } from "./browser/listener.ts"
export type { PageInit } from "./browser/page-request.ts"
export type { StorageState } from "./browser/storage-state.ts"
export {
  CoreScene,
  coreScene,
  type SceneOptions,
  SceneRequest,
  type SceneResponse,
  type SceneUser
} from "./core/core-scene.ts"
export { type Answers, type AnswerTo, type Driven, drive, type Paused } from "./core/drive.ts"
export { sceneBackend } from "./core/scene-settings.ts"
export type { Law, Need } from "./laws/law.ts"
export { type Checked, LawBroken } from "./laws/law-broken.ts"
export type { LawMetadata, LawPages, LawSession, LawTokens, LawUser } from "./laws/law-pages.ts"
export type {
  LawAccounts,
  LawBackends,
  LawClock,
  LawDeviceBound,
  LawForm,
  LawForms,
  LawHttps,
  LawIdentity,
  LawLifetime,
  LawLog,
  LawNetwork,
  LawPasswords,
  LawPermission,
  LawProxy,
  LawSecretKeys,
  LawSharedTable,
  LawSiteData,
  LawSize,
  LawSocket,
  LawSockets
} from "./laws/law-parts.ts"
export type { LawSite } from "./laws/law-site.ts"
export type { LawThrottle } from "./laws/law-throttle.ts"
export {
  type FixedApplication,
  type LawApplication,
  type LawParts,
  type LawTestSite,
  lawSite,
  type MadeApplication
} from "./laws/memory/memory-site.ts"
export { laws } from "./laws.ts"
export {
  type EveryOrderOptions,
  everyOrder,
  OrderBroken,
  type OrderedSite,
  type Orders,
  OrdersIncomplete,
  type Scene
} from "./orders/every-order.ts"
export { Gate, type Turns } from "./orders/gate.ts"
export {
  gateQueries,
  type QueryClient,
  type QueryGate,
  type QueryGateOptions,
  type QueryMethod
} from "./orders/query-gate.ts"
export { type TcpGate, type TcpGateOptions, tcpGate } from "./orders/tcp-gate.ts"
export type { Duration, ReadableClock, VirtualClock } from "./site/clock.ts"
export { type ForceLoginOptions, forceLogin } from "./site/force-login.ts"
export { instantHasher } from "./site/instant-hasher.ts"
export type { SessionKeys } from "./site/session-keys.ts"
export {
  type AuthChanges,
  type TestAuthOptions,
  type TestDeviceBound,
  type TestSessionCookie,
  type TestSite,
  type TestSiteOptions,
  testSite
} from "./site/test-site.ts"
export { defaultUsers, type TestUser, type TestUsers } from "./site/test-users.ts"
export { type Between, type BrokenStore, brokenStores } from "./stores/broken-stores.ts"
export { type BrokenThrottle, brokenThrottles } from "./stores/broken-throttles.ts"
export { type Fault, type LoggedCall, type Network, type NetworkOptions, network } from "./stores/store-network.ts"
export { type StorePromise, type StorePromisesOptions, storePromises } from "./stores/store-promises.ts"
export type { Expiry } from "./stores/store-steps.ts"
export { type ThrottlePromisesOptions, throttlePromises } from "./stores/throttle-promises.ts"
export type { ThrottleClock } from "./stores/throttle-steps.ts"
