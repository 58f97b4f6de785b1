export { connect, READY, type Reachable } from './connect.js';
export { makeRunKeys, type RunKeys, readKeys, runArchive, writtenKeys } from './keys.js';
export { type KtapReport, type KtapTest, parseKtap } from './ktap.js';
export { type Answer, CouldNotLook, check, Lab, otherMachine, StepFailed } from './lab.js';
export { linesOf } from './lines.js';
export { type Given, type GuestSystem, payloadOf } from './payload.js';
export { whileAlive } from './race.js';
export { type ExecOptions, type ExecResult, type PushedFile, Session } from './session.js';
export { Detached, type Streams } from './terminal.js';
