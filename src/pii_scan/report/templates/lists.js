"use strict";
// Filters over what the page already shows: deviations and problems; and what opens for print.
(() => {
  function live(form, items, matches, text) {
    const status = form.querySelector("[role=status]");
    const choose = () => {
      const wanted = Object.fromEntries(new FormData(form));
      let shown = 0;
      for (const item of items) {
        item.hidden = !matches(item, wanted);
        shown += item.hidden ? 0 : 1;
      }
      const values = { shown: report.number(shown), total: report.number(items.length) };
      status.textContent = report.filled(report.words()[text], values);
      return shown;
    };
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", choose);
    form.addEventListener("reset", () => setTimeout(choose));
    document.addEventListener("language", choose);
    choose();
  }

  const gaps = document.getElementById("gap-filter");
  if (gaps) {
    const items = [...document.querySelectorAll("article.gap")];
    live(gaps, items, (gap, wanted) => ["level", "status", "system"].every((name) => !wanted[name] || gap.dataset[name] === wanted[name]), "gaps");
  }

  const problems = document.getElementById("problem-filter");
  if (problems) {
    const items = [...document.querySelectorAll("#problems tbody tr")];
    live(problems, items, (row, wanted) => {
      const text = row.textContent.toLowerCase();
      return wanted.text.toLowerCase().split(/\s+/).every((word) => text.includes(word));
    }, "problems");
  }

  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = true;
      details.dataset.opened = "";
    }
    for (const row of document.querySelectorAll("#problems tr[hidden]")) {
      row.hidden = false;
      row.dataset.hiddenOnScreen = "";
    }
  });
  window.addEventListener("afterprint", () => {
    for (const details of document.querySelectorAll("details[data-opened]")) {
      details.open = false;
      delete details.dataset.opened;
    }
    for (const row of document.querySelectorAll("#problems tr[data-hidden-on-screen]")) {
      row.hidden = true;
      delete row.dataset.hiddenOnScreen;
    }
  });
})();
