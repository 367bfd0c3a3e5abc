import { testEngine } from "./engine.ts"

testEngine("signed_cookies")
