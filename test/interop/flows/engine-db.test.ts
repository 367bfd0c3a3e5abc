import { testEngine } from "./engine.ts"

testEngine("db")
