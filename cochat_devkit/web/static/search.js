// Asks as one types, and shows what the same page answers; without it the form does.
"use strict";
(() => {
  const form = document.querySelector("form[data-as-one-types]");
  const results = document.getElementById("results");
  const told = document.getElementById("told");
  if (!form || !results || !told) return;
  const box = form.querySelector("input[type=search]");
  const quietMs = 120;
  let timer = 0;
  let asking = null;

  async function ask() {
    if (asking) asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const query = `?${new URLSearchParams(new FormData(form))}`;
    const url = form.action.split("?")[0] + query;
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("results");
      if (signal.aborted || !found) return;
      results.replaceChildren(...found.childNodes);
      told.textContent = page.getElementById("told").textContent;
      document.title = page.title;
      history.replaceState(null, "", url);
      for (const link of document.querySelectorAll("header a[lang]")) link.search = query;
    } catch (error) {
      if (error.name !== "AbortError") told.textContent = String(error.message);
    } finally {
      if (!signal.aborted) results.removeAttribute("aria-busy");
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, quietMs);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    ask();
  });
  // the arrows walk from the box through what was found
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = [box, ...results.querySelectorAll(".hits a")];
    const here = links.indexOf(document.activeElement);
    if (!step || here < 0) return;
    const next = links[here + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
})();
