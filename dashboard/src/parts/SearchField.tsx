import { TextInput } from "@mantine/core";
import classes from "./parts.module.css";

/** A text that is looked for once it is finished: Enter, or leaving the field. */
export function SearchField({
  label,
  value,
  onSearch,
}: {
  label: string;
  value: string;
  onSearch: (text: string) => void;
}) {
  return (
    <TextInput
      key={value}
      className={classes.search ?? ""}
      aria-label={label}
      placeholder={label}
      type="search"
      defaultValue={value}
      maxLength={200}
      onBlur={(event) => {
        if (event.currentTarget.value !== value) onSearch(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") onSearch(event.currentTarget.value);
      }}
    />
  );
}
