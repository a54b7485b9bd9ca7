// Searches the static site as one types: in the index that stands beside the pages, with nothing to ask.
"use strict";
(() => {
  const index = window.cochatIndex;
  const form = document.querySelector("form[data-as-one-types]");
  const results = document.getElementById("results");
  const told = document.getElementById("told");
  if (!index || !form || !results || !told) return;
  const box = form.querySelector("input[type=search]");
  const kinds = form.querySelector("select");
  const says = form.dataset;
  const help = [...results.childNodes];
  const most = 50;
  const around = 60;
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const entries = index.entries.map(([ref, name, description, address, words]) => {
    const parts = [fold(name), fold(ref), fold(description), words];
    return { ref, name, description, address, parts, type: ref.slice(0, ref.indexOf("/")) };
  });
  // a hit in a name counts for more than one in an address, a description, a text
  const weights = [8, 4, 2, 1];

  function score(entry, terms) {
    let sum = 0;
    for (const term of terms) {
      const at = entry.parts.findIndex((part) => part.includes(term));
      if (at < 0) return 0;
      sum += weights[at] * (entry.parts[at].startsWith(term) ? 2 : 1);
    }
    return sum;
  }

  function element(name, ...children) {
    const made = document.createElement(name);
    made.append(...children);
    return made;
  }

  function marked(text, terms) {
    const folded = fold(text);
    const pieces = element("span");
    let done = 0;
    // where folding changes how long a text is, nothing is marked
    while (folded.length === text.length && done < text.length) {
      const hits = terms.map((term) => [folded.indexOf(term, done), term.length]).filter(([at]) => at >= 0);
      if (!hits.length) break;
      const [at, length] = hits.sort((one, other) => one[0] - other[0])[0];
      pieces.append(text.slice(done, at), element("mark", text.slice(at, at + length)));
      done = at + length;
    }
    pieces.append(text.slice(done));
    return pieces;
  }

  function snippet(entry, terms) {
    const words = entry.parts[3];
    const at = words.indexOf(terms.find((term) => !fold(entry.description).includes(term)));
    if (at < 0) return entry.description;
    return `… ${words.slice(Math.max(0, at - around), at + around)} …`;
  }

  function line(entry, terms) {
    const link = element("a", marked(entry.name || entry.ref, terms));
    link.href = entry.address;
    const text = element("p", marked(snippet(entry, terms), terms));
    text.className = "snippet";
    return element("li", link, " ", element("code", entry.ref), text);
  }

  function search() {
    const typed = fold(box.value).replaceAll('"', " ").split(/\s+/u).filter(Boolean);
    const wanted = typed.filter((word) => word.startsWith("kind:")).map((word) => word.slice(5));
    const terms = typed.filter((word) => !word.startsWith("kind:")).map((word) => word.replace(/\*+$/u, "")).filter(Boolean);
    if (kinds.value) wanted.push(kinds.value);
    if (!terms.length) {
      results.replaceChildren(...help);
      told.textContent = "";
      return;
    }
    const found = entries
      .filter((entry) => wanted.every((kind) => entry.type === kind))
      .map((entry) => ({ entry, sum: score(entry, terms) }))
      .filter(({ sum }) => sum > 0)
      .sort((one, other) => other.sum - one.sum);
    const list = element("ol", ...found.slice(0, most).map(({ entry }) => line(entry, terms)));
    list.className = "hits";
    results.replaceChildren(list);
    if (index.cut) {
      const note = element("p", says.cut.replace("{count}", index.cut));
      note.className = "notice";
      results.append(note);
    }
    told.textContent = found.length ? says.found.replace("{count}", found.length) : says.nothing;
    if (found.length > most) told.textContent += says.more;
  }

  const asked = new URLSearchParams(location.search);
  box.value = asked.get("q") || "";
  if ([...kinds.options].some((each) => each.value === asked.get("kind"))) kinds.value = asked.get("kind");
  form.addEventListener("input", search);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  search();
})();
