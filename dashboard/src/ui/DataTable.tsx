import { Button, Skeleton, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowsSort, IconArrowUp } from "@tabler/icons-react";
import type { KeyboardEvent, ReactNode } from "react";
import type { ApiError } from "../api/problem";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import { ErrorState } from "./ErrorState";
import classes from "./DataTable.module.css";

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Figures stand on the right. */
  numeric?: boolean;
  /** What the API sorts by when this column's heading is pressed. */
  sort?: string;
  /** What a row is about: the heading of its card on a phone. */
  main?: boolean;
  /** On a phone: right of its heading, without a label. */
  aside?: boolean;
  /** Left out on a phone. */
  minor?: boolean;
  /** What can be done with the row: `RowAction`s, at its end; the title is for who listens. */
  actions?: boolean;
}

export interface Sorting {
  by: string;
  /** Absent where the API sorts one way only. */
  order?: "asc" | "desc";
  onSort: (by: string) => void;
}

/** What `useApiList` gives; a plain array goes as `{ rows }`. */
export interface TableData<Row> {
  rows: Row[] | undefined;
  total?: number | undefined;
  hasMore?: boolean;
  loadingMore?: boolean;
  more?: () => void;
  error?: ApiError | null;
  isPlaceholderData?: boolean;
  refetch?: () => unknown;
}

const SKELETON_ROWS = 6;

/**
 * Rows of an answer. On a phone each row is a card. `onOpen` makes a row lead somewhere: it is
 * pressed, or opened with Enter.
 */
export function DataTable<Row>({
  label,
  columns,
  data,
  rowKey,
  empty,
  sorting,
  onOpen,
}: {
  /** What the table is, for who cannot see what is around it. */
  label: string;
  columns: readonly Column<Row>[];
  data: TableData<Row>;
  rowKey: (row: Row) => string;
  /** An EmptyState that says what to do. */
  empty: ReactNode;
  sorting?: Sorting;
  onOpen?: (row: Row) => void;
}) {
  const t = useT();
  const { rows, error } = data;
  if (!rows && error) return <ErrorState error={error} onRetry={() => data.refetch?.()} />;
  if (rows?.length === 0) return empty;
  return (
    <div className={classes.wrap} data-stale={data.isPlaceholderData || undefined}>
      <table className={classes.table} aria-label={label} aria-busy={!rows}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.key} column={column} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows
            ? rows.map((row) => (
                <Row key={rowKey(row)} row={row} columns={columns} onOpen={onOpen} />
              ))
            : Array.from({ length: SKELETON_ROWS }, (_, index) => (
                <tr key={index}>
                  {columns.map((column) => (
                    <td key={column.key} data-minor={column.minor || undefined}>
                      <Skeleton height={14} my={4} />
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
      {!rows && (
        <span className="visually-hidden" role="status">
          {t("common.loading")}
        </span>
      )}
      {rows && <Foot data={data} shown={rows.length} />}
    </div>
  );
}

function Heading<Row>({ column, sorting }: { column: Column<Row>; sorting: Sorting | undefined }) {
  const { sort, numeric, title, minor, actions } = column;
  const attributes = {
    scope: "col",
    "data-numeric": numeric || undefined,
    "data-minor": minor || undefined,
  } as const;
  if (actions) {
    return (
      <th scope="col">
        <span className="visually-hidden">{title}</span>
      </th>
    );
  }
  if (!sort || !sorting) return <th {...attributes}>{title}</th>;
  const active = sorting.by === sort;
  const ascending = sorting.order === "asc";
  const Icon = active ? (ascending ? IconArrowUp : IconArrowDown) : IconArrowsSort;
  const direction = active ? (ascending ? "ascending" : "descending") : "none";
  return (
    <th {...attributes} aria-sort={direction}>
      <UnstyledButton className={classes.sort} onClick={() => sorting.onSort(sort)}>
        {title}
        <Icon size={13} aria-hidden="true" className={active ? "" : classes.idle} />
      </UnstyledButton>
    </th>
  );
}

function Row<Row>({
  row,
  columns,
  onOpen,
}: {
  row: Row;
  columns: readonly Column<Row>[];
  onOpen: ((row: Row) => void) | undefined;
}) {
  const opening = onOpen && {
    tabIndex: 0,
    "data-open": true,
    onClick: () => onOpen(row),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "Enter" && event.target === event.currentTarget) onOpen(row);
    },
  };
  return (
    <tr {...opening}>
      {columns.map((column) => (
        <td
          key={column.key}
          data-title={column.title}
          data-main={column.main || undefined}
          data-aside={column.aside || undefined}
          data-numeric={column.numeric || undefined}
          data-minor={column.minor || undefined}
          data-actions={column.actions || undefined}
        >
          {column.actions ? (
            <div className={classes.actions}>{column.cell(row)}</div>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}

function Foot<Row>({ data, shown }: { data: TableData<Row>; shown: number }) {
  const t = useT();
  const formats = useFormats();
  if (!data.hasMore && data.total === undefined) return null;
  return (
    <div className={classes.foot}>
      {data.total !== undefined && (
        <span role="status">
          {t("common.shownOf", { shown: formats.count(shown), total: formats.count(data.total) })}
        </span>
      )}
      {data.hasMore && (
        <Button
          variant="default"
          size="xs"
          loading={data.loadingMore ?? false}
          onClick={() => data.more?.()}
        >
          {t("common.more")}
        </Button>
      )}
    </div>
  );
}
