import { requireUser } from "latchkey/next/reader"
import { auth } from "../lib/auth"

const Home = async () => <p>Hello {(await requireUser(auth, "/")).username}.</p>
export default Home
