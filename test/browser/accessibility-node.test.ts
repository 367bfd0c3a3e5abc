import { service } from "../rig/services.ts"
import { testAccessibility } from "./accessibility.ts"
import { exampleOf } from "./examples.ts"

testAccessibility(exampleOf("node"), [service("postgres"), service("chromium")])
