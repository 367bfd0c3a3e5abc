import { service } from "../rig/services.ts"
import { exampleOf } from "./examples.ts"
import { testPages } from "./pages.ts"

testPages(exampleOf("next"), [service("postgres"), service("chromium")], { javaScriptEnabled: false })
