import { service } from "../rig/services.ts"
import { exampleOf } from "./examples.ts"
import { testPages } from "./pages.ts"

testPages(exampleOf("node"), [service("postgres"), service("chromium")], { javaScriptEnabled: false })
