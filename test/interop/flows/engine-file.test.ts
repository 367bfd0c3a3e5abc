import { testEngine } from "./engine.ts"

testEngine("file")
