"use strict";
// The texts of the other language take the places that the page has marked, and what stood there is kept for the way back.
const report = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const isText = (node) => node.nodeType === Node.TEXT_NODE && /[^ \t\n\r\f]/.test(node.data);
  const places = []; // [node or element, attribute or null]; collected before any other script changes the page
  const kept = []; // the text for each place that does not show now
  document.querySelectorAll("[data-l]").forEach((element, i) => {
    const entry = data.other.entries[i];
    const pairs = typeof entry === "number" ? [0, entry] : entry;
    let texts;
    for (let p = 0; p < pairs.length; p += 2) {
      const [what, text] = [pairs[p], data.other.texts[pairs[p + 1]]];
      if (typeof what === "string") {
        places.push([element, what]);
      } else {
        texts = texts || [...element.childNodes].filter(isText);
        places.push([texts[what], null]);
      }
      kept.push(text);
    }
  });

  function toggle() {
    places.forEach(([node, attribute], i) => {
      const now = attribute ? node.getAttribute(attribute) : node.data;
      if (attribute) node.setAttribute(attribute, kept[i]);
      else node.data = kept[i];
      kept[i] = now;
    });
    document.dispatchEvent(new Event("language"));
  }

  document.getElementById("tools").hidden = false;
  const button = document.getElementById("language");
  button.hidden = !places.length;
  button.addEventListener("click", toggle);
  document.getElementById("print").addEventListener("click", () => window.print());

  return {
    data,
    words: () => data.languages[root.lang],
    filled: (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]),
    number: (value) => String(value).replace(/\B(?=(\d{3})+$)/g, data.languages[root.lang].group),
  };
})();
