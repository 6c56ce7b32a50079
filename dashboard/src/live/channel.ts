/**
 * Hears of changes: over a WebSocket, or by asking now and then where there is none. Silent while
 * the page is hidden. Never carries data: who hears of a change asks the API, which checks.
 */

export interface ChannelOptions {
  url: string | undefined;
  /** A token that is good now; null when nobody is signed in. */
  token: () => Promise<string | null>;
  /** The workspace an operator looks at. */
  workspaceId: string | null;
  /** Something changed. */
  onChange: () => void;
  /** Ask once, cheaply, whether something changed: the fallback's question. */
  ask: () => Promise<void>;
  onMode: (mode: Mode) => void;
}

export type Mode = "live" | "polling" | "silent";

/** Ten questions a minute: within the twelve that an idle page may ask. */
export const ASK_EVERY_MS = 6_000;
/** Waits between attempts to connect: soon at first, then out of a struggling server's way. */
const RECONNECT_MS = [1_000, 2_000, 5_000, 15_000, 30_000, 60_000];
/** Where there are too many pages of this person already, asking is the way. */
const TOO_MANY = "too_many_connections";

interface Message {
  type?: string;
  version?: number;
  /** With a welcome: for how long it holds. */
  seconds?: number;
  code?: string;
}

export class Channel {
  #socket: WebSocket | null = null;
  #reconnect: ReturnType<typeof setTimeout> | null = null;
  #poll: ReturnType<typeof setInterval> | null = null;
  #again: ReturnType<typeof setTimeout> | null = null;
  #attempt = 0;
  #version = -1;
  #awake = false;
  #asking = false;

  constructor(private readonly options: ChannelOptions) {}

  start(): void {
    document.addEventListener("visibilitychange", this.#look);
    if (!document.hidden) this.#wake();
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#look);
    this.#sleep();
  }

  readonly #look = (): void => {
    if (document.hidden) this.#sleep();
    else if (!this.#awake) {
      this.#wake();
      // What happened while nobody looked.
      this.options.onChange();
    }
  };

  #wake(): void {
    this.#awake = true;
    this.#attempt = 0;
    this.#startPolling();
    this.#connect();
  }

  #sleep(): void {
    this.#awake = false;
    this.#stopPolling();
    if (this.#reconnect) clearTimeout(this.#reconnect);
    this.#reconnect = null;
    this.#drop();
    this.options.onMode("silent");
  }

  #startPolling(): void {
    if (this.#poll || !this.#awake) return;
    this.options.onMode("polling");
    this.#poll = setInterval(() => void this.#ask(), ASK_EVERY_MS);
  }

  /** One question at a time: a slow API is not asked faster than it answers. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      await this.options.ask();
    } finally {
      this.#asking = false;
    }
  }

  #stopPolling(): void {
    if (this.#poll) clearInterval(this.#poll);
    this.#poll = null;
  }

  #connect(): void {
    const { url } = this.options;
    if (!url || !this.#awake) return;
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => void this.#hello(socket);
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#hear(socket, read(String(event.data)));
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#connectLater();
    };
  }

  #connectLater(): void {
    this.#drop();
    this.#startPolling();
    const wait = RECONNECT_MS[Math.min(this.#attempt, RECONNECT_MS.length - 1)] ?? 0;
    this.#attempt += 1;
    // Pages that lost the same server do not all come back at the same moment.
    this.#reconnect = setTimeout(() => this.#connect(), wait * (1 + Math.random() / 2));
  }

  async #hello(socket: WebSocket): Promise<void> {
    const token = await this.options.token().catch(() => null);
    if (this.#socket !== socket) return;
    if (token === null) {
      socket.close();
      return;
    }
    const { workspaceId } = this.options;
    socket.send(
      JSON.stringify({ action: "hello", token, ...(workspaceId ? { workspaceId } : {}) }),
    );
  }

  #hear(socket: WebSocket, message: Message): void {
    const { type, version = this.#version } = message;
    if (type === "refused") {
      this.#attempt = message.code === TOO_MANY ? RECONNECT_MS.length : this.#attempt;
      this.#connectLater();
      return;
    }
    if (type === "welcome") {
      this.#attempt = 0;
      this.#stopPolling();
      this.options.onMode("live");
      const holdsMs = (message.seconds ?? 0) * 1000;
      if (holdsMs) this.#again = setTimeout(() => void this.#hello(socket), holdsMs / 2);
    }
    // A welcome after a break may tell of a change, too.
    const news = version > this.#version && (type === "changed" || this.#version >= 0);
    this.#version = Math.max(this.#version, version);
    if (news) this.options.onChange();
  }

  #drop(): void {
    if (this.#again) clearTimeout(this.#again);
    this.#again = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}

function read(text: string): Message {
  try {
    return JSON.parse(text) as Message;
  } catch {
    return {};
  }
}
