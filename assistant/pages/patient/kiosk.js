// What only the browser can do: the language of the document, the countdown, focus, and printing.
// Nothing is stored here.
(() => {
  "use strict";
  const WARNING = 30;  // seconds, but never more than half of what an idle page is given
  let dirty = false;
  let active = Date.now();
  let asked = false;
  let lastCard = "";
  let lastAlert = "";

  const find = (selector) => document.querySelector(selector);

  function reload() {
    document.body.classList.add("dz-cleared");
    location.replace(location.pathname + location.search);
  }

  // For whoever reads large text better. It ends with the visit: a page that reloads is as it was.
  function larger() {
    document.body.classList.toggle("dz-elder");
    look();
  }
  window.daozhen = { reload, larger };

  function startOver() {
    document.body.classList.add("dz-cleared");
    // The server forgets first and then has the page reload; without a server, the page reloads all the same.
    setTimeout(reload, 3000);
    const button = find("#dz-start-over");
    if (button) button.click();
    else reload();
  }

  function touched() {
    active = Date.now();
    dirty = true;
  }

  // --- countdown ---
  function tick() {
    const idle = find(".dz-idle");
    if (!idle || document.body.classList.contains("dz-cleared")) return;
    const after = Number(idle.dataset.after);
    const left = Math.ceil(after - (Date.now() - active) / 1000);
    if (dirty && left <= 0 && !asked) {
      asked = true;
      startOver();
      return;
    }
    const show = dirty && left <= Math.min(WARNING, after / 2);
    if (show) idle.querySelector("[data-seconds]").textContent = String(Math.max(left, 0));
    if (idle.hidden === show) {
      idle.hidden = !show;
      if (show) idle.querySelector("[data-stay]").focus();
    }
  }

  // --- what is new on the page ---
  function look() {
    const notice = find(".dz-notice");
    if (notice) {
      if (document.documentElement.lang !== notice.lang) document.documentElement.lang = notice.lang;
      if (document.title !== notice.dataset.title) document.title = notice.dataset.title;
    }
    // Progress is not read aloud line by line: the finished answer is announced by #dz-live.
    const log = find('#dz-chat [role="log"][aria-live="polite"]');
    if (log) log.setAttribute("aria-live", "off");
    // Gradio names every message in English.
    for (const each of document.querySelectorAll('#dz-chat [data-testid][aria-label]')) each.removeAttribute("aria-label");
    mark("#dz-age input", "aria-invalid", find("#dz-age-wrong") ? "true" : null);
    mark("#dz-age input", "aria-describedby", find("#dz-age-wrong") ? "dz-age-wrong" : null);
    mark("#dz-larger", "aria-pressed", String(document.body.classList.contains("dz-elder")));
    mark("#dz-en", "aria-pressed", String(document.documentElement.lang === "en"));
    mark("#dz-zh", "aria-pressed", String(document.documentElement.lang === "zh"));
    offerSpeech();
    lookAtCard();
    lookAtAlert();
  }

  // --- speech: only where the browser turns it into words by itself, so that nothing leaves the machine ---
  const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
  let listening = null;
  let checked = "";

  async function offerSpeech() {
    const button = find("[data-speak]");
    if (!button || !Recognition || !Recognition.available) return;
    const lang = button.dataset.speak;
    if (checked === lang) return;
    checked = lang;
    let found = "";
    try {
      found = await Recognition.available({ langs: [lang], processLocally: true });
    } catch (error) {
      found = "";
    }
    const now = find("[data-speak]");
    if (now && now.dataset.speak === lang) now.hidden = found !== "available";
  }

  function stopListening() {
    const ended = listening;
    listening = null;
    if (ended) ended.abort();
    mark("[data-speak]", "aria-pressed", "false");
  }

  function listen(button) {
    if (listening) return stopListening();
    listening = new Recognition();
    listening.lang = button.dataset.speak;
    listening.processLocally = true;
    listening.continuous = true;
    listening.onresult = (event) => {
      const said = [...event.results].slice(event.resultIndex).map((each) => each[0].transcript).join(" ");
      const box = find("#dz-words textarea");
      box.value = (box.value + " " + said).trim();
      box.dispatchEvent(new Event("input", { bubbles: true }));
      touched();
    };
    listening.onend = listening.onerror = stopListening;
    listening.start();
    button.setAttribute("aria-pressed", "true");
  }

  function mark(selector, name, value) {
    const element = find(selector);
    if (!element || element.getAttribute(name) === value) return;
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }

  function lookAtCard() {
    const card = find("[data-card]");
    const key = card ? card.dataset.card : "";
    if (key === lastCard) return;
    lastCard = key;
    active = Date.now();
    if (!card) return;
    // Other parts of the page come and go with it: scroll when they have settled.
    setTimeout(() => {
      const heading = card.querySelector("h2");
      card.scrollIntoView({ block: "start", behavior: "smooth" });
      if (heading) heading.focus({ preventScroll: true });
    }, 150);
  }

  function lookAtAlert() {
    const alert = find(".dz-alert");
    const text = alert ? alert.textContent : "";
    if (text === lastAlert) return;
    lastAlert = text;
    if (alert) alert.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  // --- events ---
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    if (target.closest("[data-print]")) window.print();
    if (target.closest("[data-start-over]")) startOver();
    // The first screen repeats the most important buttons in large; those at the top do the work.
    const press = target.closest("[data-press]");
    if (press) find(press.dataset.press).click();
    const speak = target.closest("[data-speak]");
    if (speak) listen(speak);
    else if (target.closest("button")) stopListening();
  });
  for (const name of ["pointerdown", "keydown", "input", "wheel", "touchmove"]) {
    document.addEventListener(name, touched, { passive: true, capture: true });
  }
  // Nobody may come back to a page from the browser's memory.
  window.addEventListener("pageshow", (event) => { if (event.persisted) reload(); });
  document.addEventListener("visibilitychange", tick);
  setInterval(tick, 500);

  const watch = () => {
    new MutationObserver((changes) => {
      const chat = find("#dz-chat");
      if (chat && changes.some((change) => chat.contains(change.target))) active = Date.now();
      look();
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    look();
  };
  if (document.body) watch();
  else document.addEventListener("DOMContentLoaded", watch);
})();
