/**
 * The session: the id token lives in this module and nowhere else, the refresh token in
 * `sessionStorage`, so that a reload keeps the session and a closed tab ends it.
 */

import type { Config } from "../app/config";
import * as cognito from "./cognito";
import { type Identity, identityOf } from "./identity";

export type SessionState =
  | { phase: "starting" }
  | { phase: "signedOut"; expired: boolean }
  | { phase: "challenge"; challenge: cognito.Challenge }
  | { phase: "signedIn"; identity: Identity };

const STORED = "tally.refresh";
/** Renewed this long before the end, so that no request leaves with a token that ends on its way. */
const AHEAD_MS = 2 * 60_000;

export class Session {
  #state: SessionState = { phase: "starting" };
  #idToken: string | null = null;
  #renewal: Promise<string | null> | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly config: Config,
    private readonly storage: Storage = sessionStorage,
    private readonly now: () => number = Date.now,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): SessionState => this.#state;

  /** Take up the session that a reload left behind. */
  async start(): Promise<void> {
    if (this.storage.getItem(STORED)) await this.#renew();
    else this.#set({ phase: "signedOut", expired: false });
  }

  async signIn(username: string, password: string): Promise<void> {
    this.#take(await cognito.signIn(this.config, username, password));
  }

  async respond(typed: string): Promise<void> {
    if (this.#state.phase !== "challenge") return;
    this.#take(await cognito.respond(this.config, this.#state.challenge, typed));
  }

  /** A token that is good for some time still; null when the session is over. */
  async token(): Promise<string | null> {
    if (this.#state.phase !== "signedIn") return null;
    const left = this.#state.identity.expiresAtMs - this.now();
    return left > AHEAD_MS ? this.#idToken : await this.#renew();
  }

  /** The API no longer takes the token: try a new one, once. */
  async refused(token: string): Promise<string | null> {
    return token === this.#idToken ? await this.#renew() : this.#idToken;
  }

  signOut(): void {
    const stored = this.storage.getItem(STORED);
    // Leaving must not wait for, or fail with, the network.
    if (stored) cognito.revoke(this.config, stored).catch(() => undefined);
    this.#end(false);
  }

  #renew(): Promise<string | null> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<string | null> {
    const stored = this.storage.getItem(STORED);
    if (!stored) {
      this.#end(true);
      return null;
    }
    try {
      this.#take(await cognito.refresh(this.config, stored));
    } catch (error) {
      if (error instanceof cognito.AuthError && error.reason === "unreachable") throw error;
      this.#end(true);
    }
    return this.#idToken;
  }

  #take(outcome: cognito.Tokens | cognito.Challenge): void {
    if ("name" in outcome) {
      this.#set({ phase: "challenge", challenge: outcome });
      return;
    }
    const identity = identityOf(outcome.idToken);
    if (!identity) {
      this.#end(false);
      throw new cognito.AuthError("unsupported");
    }
    this.#idToken = outcome.idToken;
    if (outcome.refreshToken) this.storage.setItem(STORED, outcome.refreshToken);
    this.#set({ phase: "signedIn", identity });
  }

  #end(expired: boolean): void {
    this.#idToken = null;
    this.storage.removeItem(STORED);
    this.#set({ phase: "signedOut", expired });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
