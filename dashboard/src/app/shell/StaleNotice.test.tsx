import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { useApiQuery } from "../../api/context";
import { useApiList } from "../../api/lists";
import { type Answers, refusal, serve } from "../../test/api";
import { renderScreen } from "../../test/render";
import { Loaded } from "../../ui/Loaded";
import { StaleNotice } from "./StaleNotice";

function Screen() {
  const account = useApiQuery("/api/accounts/me", {});
  const alerts = useApiList("/api/alerts", {}, (page) => page.alerts);
  return (
    <>
      <Loaded query={account}>{(data) => <p>{`${data.account.balance} credits`}</p>}</Loaded>
      <button type="button" onClick={() => void account.refetch()}>
        {"account"}
      </button>
      <button type="button" onClick={() => void alerts.refetch()}>
        {"alerts"}
      </button>
      <StaleNotice />
    </>
  );
}

const refused = () => refusal(503, "unavailable");

async function shown(): Promise<Answers> {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-20T13:02:00Z") });
  const answers: Answers = {
    "/api/accounts/me": { account: { balance: 5 } },
    "/api/alerts": { alerts: [], total: 0 },
  };
  serve(answers);
  await renderScreen(<Screen />, { role: "user" });
  await screen.findByText("5 credits");
  return answers;
}

test("figures that could not be brought up to date stay, and say so until it works again", async () => {
  const answers = await shown();
  expect(screen.queryByText(/could not be brought up to date/)).toBeNull();
  vi.setSystemTime("2026-11-20T13:30:00Z");
  answers["/api/accounts/me"] = refused();
  await userEvent.click(screen.getByRole("button", { name: "account" }));
  await screen.findByText("Figures of 14:02: could not be brought up to date");
  screen.getByText("5 credits");
  answers["/api/accounts/me"] = { account: { balance: 7 } };
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("7 credits");
  expect(screen.queryByText(/could not be brought up to date/)).toBeNull();
});

test("lists tell it as well, and another try asks only for what failed", async () => {
  const answers = await shown();
  answers["/api/alerts"] = refused();
  await userEvent.click(screen.getByRole("button", { name: "alerts" }));
  const again = await screen.findByRole("button", { name: "Try again" });
  const asked = serve(answers);
  await userEvent.click(again);
  await vi.waitFor(() => expect(asked.map(({ path }) => path)).toEqual(["/api/alerts"]));
});

test("what was never there is an error of its own place, not old", async () => {
  serve({ "/api/accounts/me": refused(), "/api/alerts": { alerts: [], total: 0 } });
  await renderScreen(<Screen />, { role: "user" });
  await screen.findByText("The service is not available right now. Try again.");
  expect(screen.queryByText(/could not be brought up to date/)).toBeNull();
});
