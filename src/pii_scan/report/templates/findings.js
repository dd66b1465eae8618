"use strict";
// The table of findings: filters, sorting, pages, and the links that lead to a part of it.
(() => {
  const { data, number, filled } = report;
  const rows = data.rows.map((values) => Object.fromEntries(data.fields.map((field, i) => [field, values[i]])));
  for (const row of rows) {
    const named = Object.values(data.languages).flatMap((words) => [words.entities[row.entity], words.categories[row.category],
      words.systems[row.system]]);
    row.haystack = [...named, row.entity, row.category, row.target, row.document, ...row.where, row.masked, row.reasons]
      .join("\n").toLowerCase();
  }
  const PAGE = 50;
  const form = document.getElementById("filter");
  const section = document.getElementById("findings");
  const body = document.querySelector("#rows tbody");
  const pager = document.getElementById("pager");
  const status = pager.querySelector("[role=status]");
  const [previous, next] = pager.querySelectorAll("button");
  const languages = Object.keys(data.languages);
  const state = { page: 0, sort: "", descending: false, rows };

  const score = (value) => value.toFixed(2).replace(".", report.words().decimal);
  const where = (row) => row.where[languages.indexOf(document.documentElement.lang)] ?? row.where[0];

  // Every text goes in as text, never as markup: names of files are not to be trusted.
  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function cell(text, className) {
    return element("td", text, className);
  }

  function path(name) {
    const made = element("span", undefined, "path");
    for (const segment of name.split(/(?<=[/!])/)) made.append(segment, document.createElement("wbr"));
    return made;
  }

  function line(row) {
    const words = report.words();
    const made = element("tr");
    const type = cell(words.entities[row.entity]);
    if (words.badges[row.category]) type.append(" ", element("span", words.badges[row.category], "badge"));
    const place = cell();
    place.append(path(row.document));
    if (data.targets > 1) place.append(element("span", row.target, "target"));
    const count = cell(number(row.count), "n");
    if (row.synthetic) count.append(element("span", `${number(row.synthetic)} ${words.test}`, "test"));
    const masked = cell();
    masked.append(element("code", row.masked));
    made.append(type, place, cell(where(row)), count, cell(number(row.distinct), "n"), masked, cell(score(row.score), "n"));
    made.title = row.reasons;
    return made;
  }

  function matches(row, wanted) {
    return (!wanted.category || row.category === wanted.category)
      && (!wanted.entity || row.entity === wanted.entity)
      && (wanted.system === "" || row.system === Number(wanted.system))
      && (wanted.place === "" || row.place === Number(wanted.place))
      && (wanted.synthetic !== "without" || row.synthetic < row.count)
      && (wanted.synthetic !== "only" || row.synthetic > 0)
      && row.score >= (Number(wanted.score) || 0)
      && wanted.text.every((word) => row.haystack.includes(word));
  }

  const sortKey = { entity: (row) => report.words().entities[row.entity], where };

  function choose() {
    const wanted = Object.fromEntries(new FormData(form));
    wanted.text = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    state.rows = rows.filter((row) => matches(row, wanted));
    section.classList.toggle("filtered", state.rows.length < rows.length);
    if (state.sort) {
      const key = sortKey[state.sort] || ((row) => row[state.sort]);
      const collate = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
      const compare = (a, b) => (typeof a === "number" ? a - b : collate(a, b));
      state.rows.sort((a, b) => (state.descending ? -1 : 1) * compare(key(a), key(b)));
    }
    state.page = 0;
    show();
  }

  function show(all) {
    const words = report.words();
    const first = all ? 0 : state.page * PAGE;
    const last = Math.min(state.rows.length, all ? data.static : first + PAGE);
    const made = state.rows.slice(first, last).map(line);
    if (!made.length) {
      const empty = cell(words.empty, "quiet");
      empty.colSpan = 7;
      made.push(element("tr"));
      made[0].append(empty);
    }
    body.replaceChildren(...made);
    const values = { from: number(state.rows.length ? first + 1 : 0), to: number(last), total: number(state.rows.length) };
    status.textContent = filled(words.shown, values);
    previous.disabled = state.page === 0;
    next.disabled = last >= state.rows.length;
  }

  function makeSortable(heading) {
    const button = element("button");
    button.type = "button";
    button.append(...heading.childNodes); // moved, as the language script holds them
    heading.append(button);
    const describe = () => { button.title = filled(report.words().sort, { column: button.textContent }); };
    describe();
    document.addEventListener("language", describe);
    button.addEventListener("click", () => {
      const name = heading.dataset.sort;
      const first = heading.classList.contains("n"); // numbers begin with the highest
      state.descending = state.sort === name ? !state.descending : first;
      state.sort = name;
      for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      choose();
    });
  }

  function followToFindings(link) {
    link.addEventListener("click", () => {
      const { category, place, system } = link.dataset;
      form.reset();
      form.elements.category.value = category;
      form.elements.place.value = place || "";
      form.elements.system.value = system ? data.systems.indexOf(system) : "";
      choose(); // the link itself leads to the heading of the findings
    });
  }

  form.hidden = pager.hidden = !rows.length;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", choose);
  form.addEventListener("reset", () => setTimeout(choose));
  for (const button of [previous, next]) {
    button.addEventListener("click", () => {
      state.page += Number(button.dataset.step);
      show();
    });
  }
  document.querySelectorAll("#rows th[data-sort]").forEach(makeSortable);
  document.querySelectorAll("a[data-category]").forEach(followToFindings);
  document.addEventListener("language", () => { if (rows.length) show(); });
  window.addEventListener("beforeprint", () => { if (rows.length) show(true); });
  window.addEventListener("afterprint", () => { if (rows.length) show(); });
  if (rows.length) show();
})();
