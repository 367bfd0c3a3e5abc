import { longSuite, service } from "../rig/services.ts"
import { exampleOf } from "./examples.ts"
import { testSession } from "./session.ts"

testSession(exampleOf("node"), [longSuite(), service("postgres"), service("chromium")], { javaScriptEnabled: true })
