import { longSuite, service } from "../rig/services.ts"
import { testAccessibility } from "./accessibility.ts"
import { exampleOf } from "./examples.ts"

testAccessibility(exampleOf("node"), [longSuite(), service("postgres"), service("chromium")])
