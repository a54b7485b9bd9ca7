"use strict";

// What a little script adds to pages that do without it: a choice of theme, copying, and a key that leads to the search.

(() => {
  const root = document.documentElement;
  const themes = ["", "light", "dark"];
  const signs = ["◐", "☀", "☾"];

  const remembered = (change) => {
    try {
      return change(window.localStorage);
    } catch {
      return null;
    }
  };

  const setTheme = (theme) => {
    if (theme) {
      root.dataset.theme = theme;
    } else {
      delete root.dataset.theme;
    }
  };

  // before anything is painted
  setTheme(remembered((storage) => storage.getItem("theme")) ?? "");

  const addThemeButton = () => {
    const words = document.body.dataset.themes.split("|");
    const button = document.createElement("button");
    button.type = "button";
    const tell = () => {
      const chosen = Math.max(0, themes.indexOf(root.dataset.theme ?? ""));
      button.textContent = signs[chosen];
      button.title = words[chosen];
      button.setAttribute("aria-label", words[chosen]);
      return chosen;
    };
    button.addEventListener("click", () => {
      const next = themes[(tell() + 1) % themes.length];
      setTheme(next);
      remembered((storage) => storage.setItem("theme", next));
      tell();
    });
    tell();
    document.querySelector(".tongues").append(button);
  };

  const copyButton = (textOf) => {
    const { copy, copied } = document.body.dataset;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = copy;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(textOf());
      } catch {
        // the browser does not allow it: nothing was copied, and nothing says so
        return;
      }
      button.textContent = copied;
      window.setTimeout(() => {
        button.textContent = copy;
      }, 1500);
    });
    return button;
  };

  const sourceIn = (box) => {
    const found = box.cloneNode(true);
    found.querySelectorAll(".linenos").forEach((number) => number.remove());
    return found.textContent;
  };

  const addCopyButtons = () => {
    document.querySelectorAll("[data-copyable]").forEach((place) => {
      place.after(copyButton(() => place.textContent));
    });
    document.querySelectorAll(".source").forEach((box) => {
      const button = copyButton(() => sourceIn(box));
      button.classList.add("above");
      box.before(button);
    });
  };

  const isWriting = (element) => element?.matches("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    const box = document.getElementById("find");
    if (event.key === "/" && box && !isWriting(document.activeElement) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    addThemeButton();
    // on a narrow screen the ways stand in a row that may be longer than the screen is wide
    document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    if (navigator.clipboard) {
      addCopyButtons();
    }
  });
})();
