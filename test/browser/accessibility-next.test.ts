import { service } from "../rig/services.ts"
import { testAccessibility } from "./accessibility.ts"
import { exampleOf } from "./examples.ts"

testAccessibility(exampleOf("next"), [service("postgres"), service("chromium")])
