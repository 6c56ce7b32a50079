import "@mantine/dates/styles.layer.css";
import "dayjs/locale/ko";
import "dayjs/locale/th";
import { DatePickerInput } from "@mantine/dates";
import type { ReactNode } from "react";
import { useFormats } from "../format/context";
import { useLanguage } from "../i18n/context";
import { MONTH } from "./months";

/** A field for a day, past or to come, picked from a calendar. */
export default function DayPicker({
  label,
  day,
  onPick,
  error,
}: {
  label: string;
  day: string;
  onPick: (day: string) => void;
  error?: ReactNode;
}) {
  const { language, t } = useLanguage();
  const formats = useFormats();
  return (
    <DatePickerInput
      label={label}
      withAsterisk
      locale={language}
      firstDayOfWeek={1}
      monthLabelFormat={MONTH[language]}
      hideOutsideDates
      popoverProps={{ withRoles: false }}
      weekendDays={[]}
      value={day || null}
      valueFormatter={() => (day ? formats.day(day) : "")}
      onChange={(picked) => onPick(picked ?? "")}
      error={error}
      ariaLabels={{
        previousMonth: t("common.previousMonth"),
        nextMonth: t("common.nextMonth"),
      }}
    />
  );
}
