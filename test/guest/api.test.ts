import { guestTarget } from '../fuzz/request_targets.ts'
import { fuzzTest } from '../fuzz/target.ts'

fuzzTest(guestTarget, 500)
