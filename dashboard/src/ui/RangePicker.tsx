import { Button, Popover, UnstyledButton } from "@mantine/core";
import { IconCalendar, IconChevronDown } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { PRESETS } from "../filters/range";
import { useRange } from "../filters/useFilters";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import classes from "./RangePicker.module.css";

/** Loaded when it is first opened. */
const Calendar = lazy(() => import("./Calendar"));

/** Which days the screen is about: presets, or two days of the workspace's calendar. In the address. */
export function RangePicker() {
  const t = useT();
  const formats = useFormats();
  const { range, setRange } = useRange();
  const [opened, setOpened] = useState(false);
  const label = range.preset
    ? t(`common.range_${range.preset}`)
    : formats.range(range.start, range.end);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          onClick={() => setOpened((now) => !now)}
          leftSection={<IconCalendar size={16} stroke={1.6} aria-hidden="true" />}
          rightSection={<IconChevronDown size={14} aria-hidden="true" />}
          aria-label={t("common.rangeIs", { range: label })}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.drop ?? ""}>
        <ul className={classes.presets}>
          {PRESETS.map((preset) => (
            <li key={preset}>
              <UnstyledButton
                className={classes.preset}
                aria-current={preset === range.preset || undefined}
                onClick={() => {
                  setRange(preset);
                  setOpened(false);
                }}
              >
                {t(`common.range_${preset}`)}
              </UnstyledButton>
            </li>
          ))}
        </ul>
        <div className={classes.calendar}>
          <Suspense>
            <Calendar
              start={range.start}
              end={range.end}
              onPick={(start, end) => {
                setRange({ start, end });
                setOpened(false);
              }}
            />
          </Suspense>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

/** The range in full and what it is compared with: goes below a heading. */
export function RangeNote() {
  const t = useT();
  const formats = useFormats();
  const { range, previous } = useRange();
  return (
    <>
      {t("common.comparedWith", {
        range: formats.range(range.start, range.end),
        previous: formats.range(previous.start, previous.end),
      })}
    </>
  );
}
