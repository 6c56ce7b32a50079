import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { sum } from "../format/decimal";
import { makeFormats } from "../format/formats";
import { renderScreen } from "../test/render";
import { Chart } from "./Chart";
import { colourOf, highest, lowest } from "./data";
import { HeatMap } from "./HeatMap";

const formats = makeFormats("en", "USD", "UTC");
const DAYS = ["2026-11-18", "2026-11-19", "2026-11-20"];
const DATA = {
  categories: DAYS.map((key) => ({
    key,
    label: formats.shortDay(key),
    name: formats.longDay(key),
  })),
  series: [
    { key: "now", name: "Cost", values: [sum([1]), sum([2]), sum([3.125])] },
    { key: "before", name: "Before", values: [0.5, null, 4], previous: true },
  ],
  ...formats.moneyScale,
};

test("a chart is read with the arrow keys", async () => {
  await renderScreen(<Chart label="Daily cost" kind="line" data={DATA} />);
  const chart = screen.getByRole("slider");
  chart.focus();
  expect(chart.getAttribute("aria-valuetext")).toBe("Fri, 20 Nov 2026, Cost $3.13, Before $4.00");
  await userEvent.keyboard("{Home}{Home}");
  expect(chart.getAttribute("aria-valuetext")).toBe("Wed, 18 Nov 2026, Cost $1.00, Before $0.50");
  await userEvent.keyboard("{ArrowRight}");
  expect(chart.getAttribute("aria-valuetext")).toBe("Thu, 19 Nov 2026, Cost $2.00");
});

test("Enter leads to what is behind the place", async () => {
  const onSelect = vi.fn();
  await renderScreen(<Chart label="Daily cost" kind="bar" data={DATA} onSelect={onSelect} />);
  screen.getByRole("slider").focus();
  await userEvent.keyboard("{End}{ArrowLeft}{Enter}");
  expect(onSelect).toHaveBeenCalledExactlyOnceWith("2026-11-19");
});

test("the table behind a chart has every digit", async () => {
  await renderScreen(<Chart label="Daily cost" kind="line" data={DATA} />);
  await userEvent.click(screen.getByRole("button", { name: "Show as a table" }));
  const rows = screen.getAllByRole("row").map((row) => row.textContent);
  expect(rows).toEqual([
    "CostBefore",
    "Wed, 18 Nov 2026$1.00$0.50",
    "Thu, 19 Nov 2026$2.00–",
    "Fri, 20 Nov 2026$3.125$4.00",
  ]);
});

test("stacked bars need room for their sum", () => {
  expect(highest(DATA, false)).toBe(4);
  expect(highest(DATA, true)).toBe(7.125);
});

test("what was before has a colour of its own and takes none from the others", () => {
  const series = [{ previous: true }, {}, {}].map((one) => ({
    key: "",
    name: "",
    values: [],
    ...one,
  }));
  expect(series.map((_, index) => colourOf(series, index))).toEqual([
    "var(--previous)",
    "var(--series-1)",
    "var(--series-2)",
  ]);
});

test("a heat map is read in both directions", async () => {
  const values = [
    [1, 2],
    [3, 4],
  ];
  const data = { rows: ["Mon", "Tue"], columns: ["00:00", "01:00"], values, format: String };
  await renderScreen(<HeatMap label="Busy hours" data={data} />);
  const map = within(screen.getByRole("main")).getByRole("slider");
  map.focus();
  await userEvent.keyboard("{ArrowDown}{ArrowDown}{ArrowRight}");
  expect(map.getAttribute("aria-valuetext")).toBe("Tue 01:00: 4");
});

test("a chart reaches down to the lowest balance, and to zero", () => {
  expect(lowest(DATA)).toBe(0);
  expect(lowest({ ...DATA, series: [{ key: "now", name: "Balance", values: [-5, 3] }] })).toBe(-5);
});

test("a chart of zeros says that there is nothing, and where", async () => {
  const data = { ...DATA, series: [{ key: "now", name: "Cost", values: [0, 0, 0] }] };
  await renderScreen(<Chart label="Daily cost" kind="bar" data={data} />);
  screen.getByText("Nothing here yet");
  expect(screen.getByRole("slider").getAttribute("aria-valuetext")).toBe(
    "Fri, 20 Nov 2026, Cost $0.00",
  );
});
