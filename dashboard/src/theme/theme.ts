/** The look, as the component library needs it. Colours of our own are in tokens.css. */

import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** Ledger green: the one accent. */
const ledger: MantineColorsTuple = [
  "#e8f5f1",
  "#d3e8e1",
  "#a8d3c5",
  "#79bda7",
  "#4fa78d",
  "#2b917a",
  "#147d68",
  "#0b6b59",
  "#08574a",
  "#05443a",
];

const paper: MantineColorsTuple = [
  "#fbfaf7",
  "#f4f2ec",
  "#e6e3da",
  "#cfccc2",
  "#aeaca3",
  "#8b8b84",
  "#646964",
  "#4a524e",
  "#2c3532",
  "#18201e",
];

const night: MantineColorsTuple = [
  "#e7ece9",
  "#c3ccc7",
  "#a3afa9",
  "#86938d",
  "#4b5652",
  "#36403c",
  "#29322f",
  "#1b2220",
  "#141a18",
  "#0e1312",
];

/** What cannot be undone; white text on it is read as well as on green. */
const brick: MantineColorsTuple = [
  "#fbeeea",
  "#f8e3dc",
  "#eec0b4",
  "#e29a88",
  "#d4745d",
  "#c64f37",
  "#b5402a",
  "#a8321f",
  "#8a2817",
  "#6d1f12",
];

export const FONT = "'Geist Variable', 'Noto Sans Thai', 'Noto Sans KR', system-ui, sans-serif";

export const theme = createTheme({
  primaryColor: "ledger",
  primaryShade: { light: 7, dark: 6 },
  colors: { ledger, gray: paper, dark: night, red: brick },
  autoContrast: true,
  fontFamily: FONT,
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, monospace",
  headings: { fontFamily: FONT, fontWeight: "600" },
  defaultRadius: "sm",
  radius: { xs: "3px", sm: "6px", md: "10px", lg: "14px", xl: "20px" },
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    // Menus and dialogs belong to the main part of the page, for who finds their way by landmarks.
    Portal: { defaultProps: { target: "#main" } },
    // A menu may hold nothing but its items.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Tooltip: { defaultProps: { openDelay: 200 } },
  },
});
