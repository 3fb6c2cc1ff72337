// GOV.UK components work without JavaScript; with it they gain focus and double-click handling.
import { initAll } from "../build/govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
