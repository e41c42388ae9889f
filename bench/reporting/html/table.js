"use strict";
// Each table sorts by any column and, if long, hides rows without a text. Without this script the page reads as it was written.

const collator = new Intl.Collator("en", { numeric: true });
const AS_WRITTEN = "none";

function number(cell) {
  return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
}

/** Compares two rows by a column; cells without a number stand last, whichever way the column is sorted. */
function comparison(place, numeric, sign) {
  return (one, other) => {
    const a = one.cells[place], b = other.cells[place];
    if (!numeric) return sign * collator.compare(a.textContent, b.textContent);
    const x = number(a), y = number(b);
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (x - y);
  };
}

/** Numbers first fall and then rise, words the other way; the third press brings back the order of the report. */
function following(direction, numeric) {
  const order = numeric ? ["descending", "ascending", AS_WRITTEN] : ["ascending", "descending", AS_WRITTEN];
  return order[(order.indexOf(direction) + 1) % order.length];
}

function makeSortable(table) {
  const body = table.tBodies[0], written = [...body.rows], heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    const numeric = head.classList.contains("num");
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    if (!button.textContent) button.setAttribute("aria-label", "Rows");
    head.append(button);
    head.setAttribute("aria-sort", AS_WRITTEN);
    button.addEventListener("click", () => {
      const direction = following(head.getAttribute("aria-sort"), numeric);
      heads.forEach((other) => other.setAttribute("aria-sort", other === head ? direction : AS_WRITTEN));
      const rows = [...written];
      if (direction !== AS_WRITTEN) rows.sort(comparison(place, numeric, direction === "ascending" ? 1 : -1));
      body.append(...rows);
    });
  });
}

function makeFilterable(table) {
  const rows = [...table.tBodies[0].rows], box = table.closest(".scroll");
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const tools = document.createElement("p"), input = document.createElement("input"), said = document.createElement("output");
  tools.className = "filter";
  input.type = "search";
  input.placeholder = "Filter rows";
  input.autocomplete = "off";
  input.spellcheck = false;
  const title = document.getElementById(table.getAttribute("aria-labelledby"));
  input.setAttribute("aria-label", title ? `Filter rows of ${title.textContent}` : "Filter rows");
  tools.append(input, said);
  box.before(tools);
  const apply = () => {
    const asked = input.value.trim().toLowerCase();
    rows.forEach((row) => { row.hidden = !texts.get(row).includes(asked); });
    said.textContent = asked ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows` : `${rows.length} rows`;
  };
  input.addEventListener("input", apply);
  apply();
}

document.querySelectorAll("table").forEach(makeSortable);
document.querySelectorAll("table[data-filter]").forEach(makeFilterable);
// A printed page cannot be unfolded.
window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
