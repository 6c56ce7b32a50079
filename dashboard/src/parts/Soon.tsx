import { Skeleton } from "@mantine/core";
import classes from "./parts.module.css";

/** In place of a large figure that is not there yet: as high as its digits. */
export function Soon() {
  return <Skeleton className={classes.soon} />;
}
