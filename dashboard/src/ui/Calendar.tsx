import "@mantine/dates/styles.layer.css";
import "dayjs/locale/ko";
import "dayjs/locale/th";
import { DatePicker } from "@mantine/dates";
import { useState } from "react";
import { useWorkspace } from "../app/workspace";
import { MOST_DAYS } from "../filters/range";
import { addDays, localDay } from "../format/dates";
import { useLanguage } from "../i18n/context";
import { MONTH } from "./months";

/** Two days of a calendar; the second click picks. */
export default function Calendar({
  start,
  end,
  onPick,
}: {
  start: string;
  end: string;
  onPick: (start: string, end: string) => void;
}) {
  const { language, t } = useLanguage();
  const { timezone } = useWorkspace();
  const [picked, setPicked] = useState<[string | null, string | null]>([start, end]);
  const today = localDay(timezone);
  return (
    <DatePicker
      type="range"
      locale={language}
      firstDayOfWeek={1}
      monthLabelFormat={MONTH[language]}
      allowSingleDateInRange
      hideOutsideDates
      weekendDays={[]}
      value={picked}
      defaultDate={end}
      maxDate={today}
      minDate={addDays(today, -MOST_DAYS * 3)}
      ariaLabels={{
        previousMonth: t("common.previousMonth"),
        nextMonth: t("common.nextMonth"),
      }}
      onChange={(days) => {
        setPicked(days);
        const [from, to] = days;
        if (from && to) onPick(from, to);
      }}
    />
  );
}
