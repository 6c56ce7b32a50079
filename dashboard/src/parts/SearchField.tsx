import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
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
    <div className={classes.search}>
      <TextInput
        key={value}
        leftSection={<IconSearch size={16} stroke={1.6} aria-hidden="true" />}
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
    </div>
  );
}
