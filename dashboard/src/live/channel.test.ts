import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ASK_EVERY_MS, Channel, type Mode } from "./channel";

class Socket {
  static all: Socket[] = [];
  sent: Record<string, unknown>[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close() {
    this.closed = true;
    this.onclose?.();
  }
  tell(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

let hidden = false;
let modes: Mode[];
const onChange = vi.fn();
const ask = vi.fn(() => Promise.resolve());
let channel: Channel;

function begin(url: string | undefined = "wss://live", workspaceId: string | null = null) {
  const token = () => Promise.resolve("token");
  const onMode = (mode: Mode) => modes.push(mode);
  channel = new Channel({ url, token, workspaceId, onChange, ask, onMode });
  channel.start();
}

function look(away: boolean) {
  hidden = away;
  document.dispatchEvent(new Event("visibilitychange"));
}

const socket = () => Socket.all.at(-1) as Socket;
async function welcomed(version = 1, seconds = 900) {
  socket().onopen?.();
  await vi.advanceTimersByTimeAsync(0);
  socket().tell({ type: "welcome", version, seconds });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
  hidden = false;
  Socket.all = [];
  modes = [];
  vi.clearAllMocks();
});
afterEach(() => channel.stop());

test("says hello, and then only listens", async () => {
  begin("wss://live", "demo");
  await welcomed();
  expect(socket().sent).toEqual([{ action: "hello", token: "token", workspaceId: "demo" }]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).not.toHaveBeenCalled();
  expect(modes.at(-1)).toBe("live");
});

test("each new version is a change, an old one is none", async () => {
  begin();
  await welcomed(5);
  socket().tell({ type: "changed", version: 6 });
  socket().tell({ type: "changed", version: 6 });
  socket().tell({ type: "changed", version: 4 });
  expect(onChange).toHaveBeenCalledTimes(1);
});

test("asks ten times a minute while nothing is connected", async () => {
  begin(undefined);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(60_000 / ASK_EVERY_MS);
  expect(modes).toEqual(["polling"]);
});

test("asks nothing while it waits for an answer, and goes on with it", async () => {
  let answer = () => {};
  ask.mockReturnValueOnce(new Promise<void>((resolve) => (answer = resolve)));
  begin(undefined);
  await vi.advanceTimersByTimeAsync(5 * ASK_EVERY_MS);
  expect(ask).toHaveBeenCalledTimes(1);
  answer();
  await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
  expect(ask).toHaveBeenCalledTimes(2);
});

test("comes back after a break, later each time, and hears what it missed", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  begin();
  await welcomed(5);
  socket().close();
  expect(modes.at(-1)).toBe("polling");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Socket.all).toHaveLength(2);
  socket().close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Socket.all).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1_000);
  await welcomed(7);
  expect(onChange).toHaveBeenCalledTimes(1);
  expect(modes.at(-1)).toBe("live");
});

test("greets again before its welcome ends", async () => {
  begin();
  await welcomed(1, 900);
  await vi.advanceTimersByTimeAsync(450_000);
  expect(socket().sent).toHaveLength(2);
});

test("one page too many asks instead of pushing in again", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  begin();
  socket().tell({ type: "refused", code: "too_many_connections" });
  await vi.advanceTimersByTimeAsync(59_000);
  expect(Socket.all).toHaveLength(1);
  expect(ask).toHaveBeenCalled();
});

test("is silent while hidden, and looks at once when seen again", async () => {
  begin();
  await welcomed();
  look(true);
  expect(socket().closed).toBe(true);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(ask).not.toHaveBeenCalled();
  expect(Socket.all).toHaveLength(1);
  look(false);
  expect(onChange).toHaveBeenCalledTimes(1);
  expect(Socket.all).toHaveLength(2);
});
