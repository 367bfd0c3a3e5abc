import { longSuite, service } from "../rig/services.ts"
import { exampleOf } from "./examples.ts"
import { testLogin } from "./login.ts"

testLogin(exampleOf("next"), [longSuite(), service("postgres"), service("chromium")], {
  javaScriptEnabled: true
})
