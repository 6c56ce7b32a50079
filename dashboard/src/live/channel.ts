/**
 * Hears of changes: over a WebSocket, or by asking now and then where there is none. Silent while
 * the page is hidden. Never carries data: who hears of a change asks the API, which checks.
 */

export interface ChannelOptions {
  url: string | undefined;
  token: () => Promise<string | null>;
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
/** Gateways drop connections that are quiet for ten minutes. */
const PING_EVERY_MS = 5 * 60_000;

export class Channel {
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #poll: ReturnType<typeof setInterval> | null = null;
  #ping: ReturnType<typeof setInterval> | null = null;
  #attempt = 0;
  #running = false;

  constructor(private readonly options: ChannelOptions) {}

  start(): void {
    document.addEventListener("visibilitychange", this.#onVisibility);
    window.addEventListener("online", this.#onVisibility);
    if (!document.hidden) this.#wake();
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#onVisibility);
    window.removeEventListener("online", this.#onVisibility);
    this.#sleep();
  }

  readonly #onVisibility = (): void => {
    if (document.hidden) this.#sleep();
    else if (!this.#running) {
      this.#wake();
      // What happened while nobody looked.
      this.options.onChange();
    }
  };

  #wake(): void {
    this.#running = true;
    this.#attempt = 0;
    this.#startPolling();
    this.#connect();
  }

  #sleep(): void {
    this.#running = false;
    this.#stopPolling();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#drop();
    this.options.onMode("silent");
  }

  #startPolling(): void {
    if (this.#poll || !this.#running) return;
    this.options.onMode("polling");
    this.#poll = setInterval(() => void this.options.ask(), ASK_EVERY_MS);
  }

  #stopPolling(): void {
    if (this.#poll) clearInterval(this.#poll);
    this.#poll = null;
  }

  #connect(): void {
    const { url } = this.options;
    if (!url || !this.#running) return;
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => void this.#hello(socket);
    socket.onmessage = (event) => this.#onMessage(socket, String(event.data));
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#drop();
      this.#startPolling();
      const wait = RECONNECT_MS[Math.min(this.#attempt++, RECONNECT_MS.length - 1)];
      this.#timer = setTimeout(() => this.#connect(), wait);
    };
  }

  async #hello(socket: WebSocket): Promise<void> {
    const token = await this.options.token().catch(() => null);
    if (this.#socket !== socket) return;
    if (token === null) {
      socket.close();
      return;
    }
    socket.send(JSON.stringify({ action: "hello", token }));
    this.#ping = setInterval(() => socket.send(JSON.stringify({ action: "ping" })), PING_EVERY_MS);
  }

  #onMessage(socket: WebSocket, text: string): void {
    if (this.#socket !== socket) return;
    const type = typeOf(text);
    if (type === "welcome" || type === "changed") {
      this.#attempt = 0;
      this.#stopPolling();
      this.options.onMode("live");
    }
    if (type === "changed") this.options.onChange();
  }

  #drop(): void {
    if (this.#ping) clearInterval(this.#ping);
    this.#ping = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}

function typeOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { type?: unknown }).type;
  } catch {
    return null;
  }
}
