import { render } from "preact";
import { App } from "./app";
import { applyTheme } from "./theme";
import "uplot/dist/uPlot.min.css";
import "./styles/theme.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/lists.css";
import "./styles/jobs.css";
import "./styles/models.css";

applyTheme();
render(<App />, document.getElementById("page") as HTMLElement);
