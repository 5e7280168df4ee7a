// What only the browser can do for the staff: the language of the document, focus, printing, the way out.
(() => {
  "use strict";
  let lastCard = "";
  const find = (selector) => document.querySelector(selector);

  function look() {
    const top = find(".dz-top");
    if (top) {
      if (document.documentElement.lang !== top.lang) document.documentElement.lang = top.lang;
      if (document.title !== top.dataset.title) document.title = top.dataset.title;
    }
    const card = find("[data-card]");
    const key = card ? card.dataset.card : "";
    if (key === lastCard) return;
    lastCard = key;
    if (!card) return;
    const heading = card.querySelector("h2");
    setTimeout(() => {
      card.scrollIntoView({ block: "nearest", behavior: "smooth" });
      if (heading) heading.focus({ preventScroll: true });
    }, 100);
  }

  function signOut() {
    const form = document.createElement("form");
    form.method = "post";
    form.action = "/sign-out";
    document.body.append(form);
    form.submit();
  }

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    if (target.closest("[data-print]")) window.print();
    if (target.closest("[data-sign-out]")) signOut();
  });
  // A slash goes to the form for whoever stands at the desk.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
    const words = find("#dz-walk-in input");
    if (!words) return;
    event.preventDefault();
    words.focus();
  });

  // Nobody may come back to a page from the browser's memory.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const watch = () => {
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
    look();
  };
  if (document.body) watch();
  else document.addEventListener("DOMContentLoaded", watch);
})();
