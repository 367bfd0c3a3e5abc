import { longSuite, service } from "../rig/services.ts"
import { exampleOf } from "./examples.ts"
import { testSession } from "./session.ts"

testSession(exampleOf("next"), [longSuite(), service("postgres"), service("chromium")], {
  javaScriptEnabled: true
})
