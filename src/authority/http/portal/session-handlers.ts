import type { Who } from "../../accounts/sessions.ts"
import { factorsAnswer, sessionAnswer } from "./answers.ts"
import { type Call, type Handlers, whoOf } from "./call.ts"
import type { SESSION_ROUTES } from "./session-routes.ts"

/** @param hasSms whether an SMS gateway is configured @param endTraining forgets the sandbox of a session */
export function sessionHandlers(
  hasSms: boolean,
  endTraining: (session: string) => Promise<void>,
): Handlers<keyof typeof SESSION_ROUTES | "training"> {
  const answer = async (call: Call, who: Who | undefined) =>
    sessionAnswer(who, { ...call, desk: await call.desk(), hasSms })

  return {
    session: call => answer(call, call.found),
    signIn: async (call, { name, password }) =>
      answer(call, call.keep(await call.accounts.signIn.password(name, password, call.device, call.found))),
    signInTotp: async (call, { code }) =>
      answer(call, call.keep(await call.accounts.signIn.totp(whoOf(call), code, call.device))),
    signInPasskeyOptions: async call => ({ ...(await call.accounts.signIn.askPasskey(whoOf(call))) }),
    signInPasskey: async (call, { response }) =>
      answer(call, call.keep(await call.accounts.signIn.passkey(whoOf(call), response, call.device))),
    signInRecovery: async (call, { code }) =>
      answer(call, call.keep(await call.accounts.signIn.recovery(whoOf(call), code, call.device))),

    async signOut(call) {
      if (call.found !== undefined) {
        await call.accounts.sessions.end(call.found.session)
        await endTraining(call.found.session.id)
      }
      call.drop()
      return undefined
    },
    async signOutEverywhere(call) {
      await call.accounts.own.signOutEverywhere(whoOf(call))
      await endTraining(whoOf(call).session.id)
      call.drop()
      return undefined
    },
    changePassword: async (call, { current, next }) =>
      answer(call, call.keep(await call.accounts.own.changePassword(whoOf(call), current, next, call.device))),

    secondFactors: async call => factorsAnswer(whoOf(call).user),
    enrolTotp: (call, { password }) => call.accounts.own.enrolTotp(whoOf(call), password),
    confirmTotp: (call, { code }) => call.accounts.own.confirmTotp(whoOf(call), code),
    enrolPasskeyOptions: async (call, { password }) => ({
      ...(await call.accounts.own.askPasskey(whoOf(call), password)),
    }),
    enrolPasskey: (call, { label, response }) => call.accounts.own.enrolPasskey(whoOf(call), label, response),
    newRecoveryCodes: async (call, { password }) => ({
      recoveryCodes: await call.accounts.own.newRecoveryCodes(whoOf(call), password),
    }),
    removeFactor: async (call, { password, remove }) =>
      factorsAnswer(await call.accounts.own.remove(whoOf(call), password, remove)),

    async training(call, { on }) {
      const who = await call.accounts.sessions.change(whoOf(call), { training: on })
      if (!on) await endTraining(who.session.id)
      return answer(call, who)
    },
  }
}
