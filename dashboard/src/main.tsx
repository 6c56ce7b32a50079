import "@fontsource-variable/geist/wght.css";
import "./theme/layers.css";
import "@mantine/core/styles.layer.css";
import "virtual:theme.css";
import "./theme/tokens.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";

const root = document.getElementById("root");
if (!root) throw new Error("no #root in the page");
createRoot(root).render(<App />);
