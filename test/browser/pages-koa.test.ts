import { service } from "../rig/services.ts"
import { exampleOf } from "./examples.ts"
import { testPages } from "./pages.ts"

testPages(exampleOf("koa"), [service("postgres"), service("chromium")], { javaScriptEnabled: true })
