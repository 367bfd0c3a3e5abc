import { longSuite } from "../../rig/services.ts"
import { testEngine } from "./engine.ts"

testEngine("signed_cookies", longSuite())
