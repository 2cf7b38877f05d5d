import type { TemplateResult } from "lit-html"
import type { Answer, Body, GetPath, PostPath, Session, SignedIn } from "./api.ts"
import type { Language, Words } from "./language.ts"

/** A code, with the moment of this page's clock at which it expires: clocks of hospitals are often wrong. */
export interface Issued {
  readonly answer: Answer<"POST", "/codes">
  readonly expiresAtMs: number
}

/** What a page gets of the portal around it. */
export interface Portal {
  readonly words: Words
  readonly language: Language
  readonly session: SignedIn
  redraw(): void
  /** Requests that go on after the person has signed in again, where the session ended in between. */
  get<P extends GetPath>(path: P, query?: Readonly<Record<string, number>>): Promise<Answer<"GET", P>>
  post<P extends PostPath>(path: P, body?: Body<P>): Promise<Answer<"POST", P>>
  /** A route answered a new session. */
  enter(session: Session): void
  /** Ends what the page shows, and begins it anew. */
  restart(): void
  /** A code that was issued and whose patient has not been told: it lives here, and nowhere else. */
  readonly waiting: { code: Issued | undefined }
}

export interface Page {
  view(): TemplateResult
  /** The page is left for another: cameras and clocks stop. */
  leave?(): void
}

export type PageMaker = (portal: Portal) => Page
