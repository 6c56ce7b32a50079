import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useApiQuery } from "../api/context";
import { StaleNotice } from "../app/shell/StaleNotice";
import { type Answers, refusal, serve } from "../test/api";
import { renderScreen } from "../test/render";
import { ASK_EVERY_MS } from "./channel";
import { useLive } from "./useLive";

function Screen() {
  const account = useApiQuery("/api/accounts/me", {});
  useLive("demo");
  return (
    <>
      <p>{`balance ${account.data?.account.balance}`}</p>
      <StaleNotice />
    </>
  );
}

test("an API that is lost is told on screen, and what changed meanwhile is asked for when it is back", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const answers: Answers = { "/api/accounts/me": { account: { balance: 1 } } };
  const asked = serve(answers);
  await renderScreen(<Screen />, { role: "user" });
  await screen.findByText("balance 1");
  answers["/api/accounts/me"] = refusal(503, "unavailable");
  await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
  await screen.findByText(/could not be brought up to date/);
  screen.getByText("balance 1");
  // While it stays away, only the small question is asked.
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(3 * ASK_EVERY_MS);
  expect(asked.length).toBe(before + 3);
  answers["/api/accounts/me"] = { account: { balance: 2 } };
  await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
  await screen.findByText("balance 2");
  expect(screen.queryByText(/could not be brought up to date/)).toBeNull();
});

test("what changed right before nobody looked is asked for once somebody does", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const answers: Answers = { "/api/accounts/me": { account: { balance: 1 } } };
  const asked = serve(answers);
  let hidden = false;
  vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
  await renderScreen(<Screen />, { role: "user" });
  await screen.findByText("balance 1");
  await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
  answers["/api/accounts/me"] = { account: { balance: 2 } };
  const before = asked.length;
  hidden = true;
  await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
  // Timers of no time go off in their order, so that of the change is through.
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(asked.length).toBe(before + 1);
  document.dispatchEvent(new Event("visibilitychange"));
  hidden = false;
  document.dispatchEvent(new Event("visibilitychange"));
  await screen.findByText("balance 2");
});
