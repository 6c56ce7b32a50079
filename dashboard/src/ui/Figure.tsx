import { Tooltip } from "@mantine/core";
import type { Figure } from "../format/decimal";
import { useFormats } from "../format/context";
import classes from "./ui.module.css";

function Shown({ shown, exact }: { shown: string; exact: string }) {
  if (shown === exact) return <span className={classes.figure}>{shown}</span>;
  return (
    <Tooltip label={exact} openDelay={200}>
      {/* A figure that was shortened can be reached by keyboard, so that its digits can be read. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <span className={classes.figure} data-short tabIndex={0}>
        <span aria-hidden="true">{shown}</span>
        <span className="visually-hidden">{exact}</span>
      </span>
    </Tooltip>
  );
}

/** Money; shortened to what says something, every digit on hover. `exact` shows every digit. */
export function Money({ value, exact = false }: { value: Figure; exact?: boolean }) {
  const formats = useFormats();
  const all = formats.exactMoney(value);
  return <Shown shown={exact ? all : formats.shortMoney(value)} exact={all} />;
}

/** Tokens, requests, credits; short from a hundred thousand on, every digit on hover. */
export function Count({ value, exact = false }: { value: Figure; exact?: boolean }) {
  const formats = useFormats();
  const all = formats.count(value);
  return <Shown shown={exact ? all : formats.short(value)} exact={all} />;
}

/** An instant, with the exact time and zone on hover. `ago` says how long ago. */
export function When({ at, ago = false }: { at: string; ago?: boolean }) {
  const formats = useFormats();
  return (
    <Tooltip label={formats.exactTime(at)} openDelay={200}>
      <time dateTime={at} className={classes.when}>
        {ago ? formats.ago(at) : formats.time(at)}
      </time>
    </Tooltip>
  );
}
