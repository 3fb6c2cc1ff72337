// Shows at once what the published minutes come to under the assumptions typed: the same numbers,
// to the last digit, as the server gives for the form (dashboards/moved_assumptions.py).
const NOT_APPLICABLE = "not applicable";
const NOT_KNOWN = "not known";
const FEW_PEOPLE = 10;
const MINUS = "\u2212";

// As Python formats: a number in the middle between two goes to the even one.
export function fixed(value, decimals) {
  const size = Math.abs(value);
  let digits = size.toFixed(decimals);
  const scale = 10 ** decimals;
  const isTie = decimals === 0 ? (2 * size) % 2 === 1 : (4 * size) % 2 === 1;
  if (isTie) {
    const lower = Math.floor(size * scale);
    digits = ((lower % 2 === 0 ? lower : lower + 1) / scale).toFixed(decimals);
  }
  const sign = value < 0 && Number(digits) !== 0 ? MINUS : "";
  const [whole, rest] = digits.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return sign + (rest === undefined ? grouped : `${grouped}.${rest}`);
}

const CONVERSIONS = {
  days: (minutes, a) => (minutes * a.working_days_per_year) / (60 * a.hours_per_day),
  people: (minutes, a) => (minutes * a.people) / (60 * a.hours_per_day),
  week: (minutes, a) => (minutes * a.working_days_per_year) / 52,
};

function breakEven(a) {
  if (a.licence_cost_per_month <= 0 || a.loaded_cost_per_hour <= 0) {
    return null;
  }
  return (a.licence_cost_per_month * 12) / 52 / (a.loaded_cost_per_hour / 60);
}

export function figure(slug, minutes, assumed, decimals) {
  if (slug === "break_even") {
    const needed = breakEven(assumed);
    return needed === null ? NOT_APPLICABLE : fixed(needed, decimals);
  }
  const parts = minutes.map((part) => CONVERSIONS[slug](part, assumed));
  const isFew = slug === "people" && parts.every((part) => Math.abs(part) < FEW_PEOPLE);
  const [value, low, high] = parts.map((part) => fixed(part, isFew ? decimals + 1 : decimals));
  return `${value} (${low} to ${high})`;
}

function read(input) {
  const typed = input.value.replace(/[\s,]/g, "");
  const { number, atLeast, atMost, whole } = input.dataset;
  if (!new RegExp(`^(?:${number})$`).test(typed)) {
    return null;
  }
  const found = Number(typed);
  const within = Number(atLeast) <= found && found <= Number(atMost);
  return within && (whole !== "true" || Number.isInteger(found)) ? found : null;
}

class Assumptions {
  constructor(place) {
    const { minutes, planned } = JSON.parse(place.dataset.assumptions);
    this.minutes = minutes;
    this.planned = planned;
    this.inputs = [...place.querySelectorAll("input[data-number]")];
    this.cells = [...place.querySelectorAll("[data-outcome]")];
    this.status = place.querySelector("[data-status]");
    for (const input of this.inputs) {
      input.addEventListener("input", () => this.show());
    }
    addEventListener("pageshow", () => this.show()); // a browser may fill in what was typed before
  }

  show() {
    const numbers = this.inputs.map((input) => [input.name, read(input)]);
    const wrong = this.inputs.find((_, place) => numbers[place][1] === null);
    const assumed = Object.fromEntries(numbers);
    const isMoved = numbers.some(([name, number]) => number !== this.planned[name]);
    for (const cell of this.cells) {
      const { outcome, decimals, planned } = cell.dataset;
      const moved = () => figure(outcome, this.minutes, assumed, Number(decimals));
      const shown = isMoved ? moved : () => planned;
      cell.textContent = this.keep(wrong ? NOT_KNOWN : shown());
    }
    this.status.textContent = wrong ? wrong.dataset.error : "";
  }

  // Numbers of an interval stay on one line.
  keep(text) {
    return text.replaceAll(" to ", "\u00a0to\u00a0");
  }
}

for (const place of document.querySelectorAll("[data-assumptions]")) {
  new Assumptions(place);
}
