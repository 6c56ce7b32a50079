import { localStorageColorSchemeManager } from "@mantine/core";

/** The key is the one that public/boot.js reads before anything is drawn. */
export const colorScheme = localStorageColorSchemeManager({ key: "tally.theme" });
