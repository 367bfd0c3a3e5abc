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
export { type Between, type BrokenStore, brokenStores } from "./broken-stores.ts"
export { Browser, type BrowserOptions, type CsrfNames, type RequestHandler, type Target } from "./browser.ts"
export type { Duration, ReadableClock, VirtualClock } from "./clock.ts"
export type { Cookie, CookieJar, CookieRequest } from "./cookie-jar.ts"
export {
  CoreScene,
  coreScene,
  type SceneOptions,
  SceneRequest,
  type SceneResponse,
  type SceneUser
} from "./core-scene.ts"
export { type Answers, type AnswerTo, type Driven, drive, type Paused } from "./drive.ts"
export {
  type EveryOrderOptions,
  everyOrder,
  OrderBroken,
  type OrderedSite,
  type Orders,
  OrdersIncomplete,
  type Scene
} from "./every-order.ts"
export { type ForceLoginOptions, forceLogin } from "./force-login.ts"
export { Gate, type Turns } from "./gate.ts"
export { instantHasher } from "./instant-hasher.ts"
export { type Around, intercepted, type StoreCall, type Stores } from "./intercept.ts"
export type { Law, Need } from "./laws/law.ts"
export { type Checked, LawBroken } from "./laws/law-broken.ts"
export type { LawClock, LawNetwork, LawPages, LawPasswords, LawSecretKeys, LawSite, LawUser } from "./laws/law-site.ts"
export { type LawTestSite, lawSite } from "./laws/memory-site.ts"
export { laws } from "./laws.ts"
export { listener, type NodeApplication } from "./listener.ts"
export type { PageInit } from "./page-request.ts"
export { gateQueries, type QueryClient, type QueryGate, type QueryGateOptions, type QueryMethod } from "./query-gate.ts"
export { sceneBackend } from "./scene-settings.ts"
export type { StorageState } from "./storage-state.ts"
export { type Fault, type LoggedCall, type Network, type NetworkOptions, network } from "./store-network.ts"
export { type StorePromise, type StorePromisesOptions, storePromises } from "./store-promises.ts"
export type { Expiry } from "./store-steps.ts"
export { type TcpGate, type TcpGateOptions, tcpGate } from "./tcp-gate.ts"
export {
  defaultUsers,
  type TestAuthOptions,
  type TestSecretKeys,
  type TestSessionCookie,
  type TestSite,
  type TestSiteOptions,
  type TestUser,
  type TestUsers,
  testSite
} from "./test-site.ts"
