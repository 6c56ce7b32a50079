import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { useApiMutation } from "../api/context";
import { useApiList } from "../api/lists";
import { useFilters, useRange } from "../filters/useFilters";
import { type Asked, refusal, serve } from "../test/api";
import { renderScreen } from "../test/render";
import { type Column, DataTable } from "./DataTable";
import { EmptyState } from "./EmptyState";
import { ExportButton } from "./ExportButton";
import { fieldErrors, Form } from "./form";
import { RangePicker } from "./RangePicker";

const COLUMNS: Column<{ id: string }>[] = [
  { key: "id", title: "Id", cell: ({ id }) => id, main: true, sort: "cost" },
];

function Alerts() {
  const [filters, setFilters] = useFilters(NAMES);
  const list = useApiList("/api/alerts", { query: filters as never }, (page) => page.alerts);
  return (
    <>
      <button onClick={() => setFilters({ status: "sent" })}>filter</button>
      <DataTable
        label="Alerts"
        columns={COLUMNS}
        data={list}
        rowKey={({ id }) => id}
        empty={<EmptyState title="none" />}
      />
    </>
  );
}
const NAMES = ["status"] as const;

const page = ({ query }: Asked) =>
  query.status
    ? { alerts: [], total: 0 }
    : query.cursor
      ? { alerts: [{ id: "c" }], total: 3 }
      : { alerts: [{ id: "a" }, { id: "b" }], total: 3, nextCursor: "next" };

test("a list goes on where it ended", async () => {
  const asked = serve({ "/api/alerts": page });
  await renderScreen(<Alerts />);
  await screen.findByText("2 of 3");
  await userEvent.click(screen.getByRole("button", { name: "Show more" }));
  await screen.findByText("3 of 3");
  expect(screen.getAllByRole("row").map((row) => row.textContent)).toEqual(["Id", "a", "b", "c"]);
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  expect(asked.map(({ query }) => query.limit)).toEqual(["25", "100"]);
});

test("a filter stands in the address, and an empty list says so", async () => {
  serve({ "/api/alerts": page });
  const { router } = await renderScreen(<Alerts />, { at: "/limits?tab=alerts&cursor=x" });
  await screen.findByText("a");
  await userEvent.click(screen.getByText("filter"));
  await screen.findByText("none");
  expect(router.state.location.search).toBe("?tab=alerts&status=sent");
});

test("rows open with a press and with Enter, headings sort", async () => {
  const [onOpen, onSort] = [vi.fn(), vi.fn()];
  await renderScreen(
    <DataTable
      label="Alerts"
      columns={COLUMNS}
      data={{ rows: [{ id: "a" }] }}
      rowKey={({ id }) => id}
      empty={null}
      sorting={{ by: "requests", onSort }}
      onOpen={onOpen}
    />,
  );
  await userEvent.click(screen.getByText("a"));
  screen.getByText("a").closest("tr")?.focus();
  await userEvent.keyboard("{Enter}");
  expect(onOpen).toHaveBeenCalledTimes(2);
  await userEvent.click(screen.getByRole("button", { name: "Id" }));
  expect(onSort).toHaveBeenCalledWith("cost");
});

function NewThreshold() {
  const save = useApiMutation("post", "/api/thresholds");
  const [limit, setLimit] = useState("0");
  const error = fieldErrors(save.error)("/dailyLimit");
  return (
    <Form
      submit="Save"
      busy={save.isPending}
      error={save.error}
      onSubmit={() =>
        save.mutate({ body: { scope: "workspace", metric: "cost", dailyLimit: limit as never } })
      }
    >
      <input aria-label="limit" value={limit} onChange={(event) => setLimit(event.target.value)} />
      {error && <p>{error}</p>}
    </Form>
  );
}

test("a refusal stands at its field; the same body again is the same request, another is not", async () => {
  const errors = [{ pointer: "/dailyLimit", message: "must be above 0" }];
  const asked = serve({ "POST /api/thresholds": refusal(422, "validation_failed", { errors }) });
  await renderScreen(<NewThreshold />);
  const press = async () => {
    const before = asked.length;
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await vi.waitFor(() => expect(asked.length).toBe(before + 1));
    await screen.findByText("Must be above 0");
  };
  await press();
  screen.getByText("Something is not right yet. Look at the marked fields.");
  await press();
  await userEvent.type(screen.getByLabelText("limit"), ".5");
  await press();
  const keys = asked.map(({ headers }) => headers.get("Idempotency-Key"));
  expect([keys[0] === keys[1], keys[1] === keys[2]]).toEqual([true, false]);
  expect(asked[2]?.body).toMatchObject({ dailyLimit: 0.5 });
});

test("an export takes the filters along, is asked for until it is done, and offers its files", async () => {
  const running = {
    id: "x1",
    kind: "usage-logs",
    format: "csv",
    status: "running",
    rows: 0,
    progress: 0.5,
  };
  const done = { ...running, status: "done", rows: 42, bytes: 2900, sha256: "ab12", progress: 1 };
  const asked = serve({
    "/api/usage-logs/export": { export: running },
    "/api/exports/x1": {
      export: done,
      downloadUrl: "https://files/x1.csv",
      manifestUrl: "https://files/x1.json",
    },
  });
  await renderScreen(<ExportButton path="/api/usage-logs/export" query={{ service: "chat" }} />);
  await userEvent.click(screen.getByRole("button", { name: "Export" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: /CSV/ }));
  const file = await screen.findByRole("link", { name: "Download" });
  expect(file.getAttribute("href")).toBe("https://files/x1.csv");
  expect(screen.getByRole("link", { name: "Manifest" }).getAttribute("href")).toBe(
    "https://files/x1.json",
  );
  screen.getByText("42");
  expect(asked[0]?.query).toEqual({ service: "chat", format: "csv" });
});

function Days() {
  const { query } = useRange();
  return (
    <>
      <RangePicker />
      <p>{`${query.startDate} ${query.endDate}`}</p>
    </>
  );
}

test("a preset is chosen into the address, the default out of it", async () => {
  vi.setSystemTime("2026-11-20T12:00:00Z");
  const { router } = await renderScreen(<Days />, { at: "/x?range=7d" });
  screen.getByText("2026-11-14 2026-11-20");
  await userEvent.click(screen.getByRole("button", { name: /Last 7 days/ }));
  await userEvent.click(await screen.findByRole("button", { name: "This month" }));
  screen.getByText("2026-11-01 2026-11-20");
  expect(router.state.location.search).toBe("?range=month");
});
