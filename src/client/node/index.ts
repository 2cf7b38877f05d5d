/**
 * What only Node can do for a client: matching over worker threads, injected as `Ports.matcher`, and a radio for phones
 * on one machine.
 * @module
 */
export { type WorkerMatcher, type WorkerOptions, workerMatcher } from "./matcher.ts"
export { type UdpRadio, type UdpRadioOptions, udpRadio } from "./udp-radio.ts"
