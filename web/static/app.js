/* Polyphony: what pages do beyond HTML. Every page works without this file; nothing is evaluated, no markup is written. */
"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const typing = (el) => el.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");

  /* Menus: one open at a time; Escape and a press elsewhere close them. */
  const close = (menu, focus) => {
    menu.open = false;
    if (focus) menu.querySelector("summary").focus();
  };
  document.addEventListener("click", (event) => {
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) close(menu);
    event.target.closest("[data-close]")?.closest(".toast, .note")?.remove();
    const eye = event.target.closest("[data-show]");
    if (eye) show(eye);
  });

  /* A time zone that nobody has chosen yet is the one of this device. */
  for (const select of all("select[data-zone]")) {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!select.value && [...select.options].some((option) => option.value === here)) select.value = here;
  }

  /* A password can be looked at while it is typed. */
  const show = (button) => {
    const input = document.getElementById(button.dataset.show);
    const open = input.type === "password";
    input.type = open ? "text" : "password";
    button.setAttribute("aria-pressed", String(open));
  };

  /* What cannot be undone is asked once, with the safe answer first and focused. */
  const ask = (button) => {
    const box = document.getElementById("confirm");
    box.querySelector("h2").textContent = button.dataset.confirm;
    box.querySelector("[data-body]").textContent = button.dataset.confirmBody ?? "";
    const yes = box.querySelector("[value=yes]");
    yes.textContent = button.dataset.confirmYes ?? button.textContent.trim();
    box.returnValue = "no";
    box.onclose = () => {
      if (box.returnValue !== "yes") return;
      button.dataset.confirmed = "";
      button.click();
      delete button.dataset.confirmed;
    };
    box.showModal();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (!button || "confirmed" in button.dataset) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(button);
  }, true);

  /* A form is sent once. The mark goes when the page is shown again from the browser's memory. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if ("sent" in form.dataset || drafts.get(form)?.waits(event.submitter)) return event.preventDefault();
    form.dataset.sent = "";
    event.submitter?.classList.add("htmx-request");
    if ("forget" in form.dataset) sessionStorage.clear();
    drafts.get(form)?.stop();
  });
  addEventListener("pageshow", () => {
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
    for (const button of all("button.htmx-request")) button.classList.remove("htmx-request");
  });

  /* Keys: 1 to 9 choose an answer, a letter in data-key presses its button. Never while somebody types. */
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of all("details.menu[open]")) close(menu, true);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const form = document.querySelector("form[data-keys]");
    if (!form) return;
    const pressed = /^[1-9]$/.test(event.key)
      ? all(".opt input:not(:disabled)", form)[event.key - 1]
      : all("[data-key]", form).find((el) => el.dataset.key === event.key.toLowerCase());
    if (!pressed) return;
    event.preventDefault();
    pressed.focus();
    pressed.click();
  });

  /* Drafts: sent a moment after the last change; kept in this tab while the line is down. Where the form says
     data-in-page nothing is put into the browser's storage: what is typed is here and, with the line, on the server. */
  const drafts = new Map();
  const fields = (form) => [...new FormData(form)].filter(([name, value]) => name !== "csrf_token" && typeof value === "string");
  const draft = (form) => {
    const url = form.dataset.draftUrl;
    const store = `draft:${url}`;
    const line = form.querySelector("[data-draft]");
    const inPage = "inPage" in form.dataset;
    let timer, stopped = false, version = 0, unsent = false, pressed;
    const say = (key, time) => {
      const words = line?.dataset[key];
      if (words) line.textContent = words.replace("{time}", time ?? "");
    };
    const keep = () => {
      if (inPage) return;
      try { sessionStorage.setItem(store, JSON.stringify({ pairs: fields(form), stopped })); } catch { /* full or off */ }
    };
    const send = async () => {
      const sent = version;
      clearTimeout(timer);
      try {
        const body = new URLSearchParams(fields(form));
        const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token(), Accept: "application/json" } });
        if (!answer.ok) throw new Error(answer.status);
        if (stopped || sent !== version) return;
        sessionStorage.removeItem(store);
        unsent = false;
        say("saved", new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }).format());
      } catch (error) {
        if (stopped) return;
        say(navigator.onLine ? "unsaved" : "offline");
        /* No answer at all is no refusal: nothing else holds what was typed, so it is tried again. */
        if (inPage && error instanceof TypeError && sent === version) timer = setTimeout(send, 5000);
      }
    };
    const changed = () => {
      version += 1;
      unsent = true;
      keep();
      clearTimeout(timer);
      timer = setTimeout(send, 800);
    };
    const refill = (pairs) => {
      for (const el of form.elements) {
        if (!el.name || el.type === "hidden" || el.type === "file") continue;
        const values = pairs.filter(([name]) => name === el.name).map(([, value]) => value);
        if (el.type === "radio" || el.type === "checkbox") el.checked = values.includes(el.value);
        else if (values.length) el.value = values[0];
      }
    };
    form.addEventListener("input", changed);
    addEventListener("online", () => {
      if (pressed !== undefined) form.requestSubmit(pressed);
      else if (inPage ? unsent : sessionStorage.getItem(store)) send();
    });
    addEventListener("offline", () => say("offline"));
    const kept = sessionStorage.getItem(store);
    if (inPage) sessionStorage.removeItem(store);
    if (kept) { refill(JSON.parse(kept).pairs); send(); }
    return {
      stop() { stopped = true; clearTimeout(timer); keep(); },
      /* Sent without a line, the page would go and take the answer along: the button counts when the line is back. */
      waits(button) {
        if (!inPage || navigator.onLine) return false;
        pressed = button;
        say("offline");
        return true;
      },
    };
  };

  /* What was sent is kept until the next page has come, in case the line broke on the way. */
  const tidy = () => {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith("draft:") && JSON.parse(sessionStorage.getItem(key)).stopped) sessionStorage.removeItem(key);
    }
  };

  /* htmx: same origin only, with the token against forged requests. */
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRFToken"] = token();
  });

  /* A sound that breaks off, as its link has ended, goes on from there: its address leads to another link each time. */
  const brokeOff = new WeakMap();
  document.addEventListener("error", ({ target }) => {
    if (!(target instanceof HTMLAudioElement)) return;
    const at = target.currentTime, plays = !target.paused;
    if (brokeOff.get(target) === at) return;
    brokeOff.set(target, at);
    target.load();
    target.currentTime = at;
    if (plays) target.play().catch(() => {});
  }, true);

  const start = () => {
    tidy();
    for (const form of all("form[data-draft-url]")) drafts.set(form, draft(form));
    for (const button of all("[data-show]")) button.hidden = false;
    document.querySelector('[role="alert"][tabindex]')?.focus();
    /* On a phone the side navigation is a strip: it begins with where one is. */
    const here = document.querySelector(".nav-side [aria-current]");
    const strip = here?.closest("ul");
    if (strip) strip.scrollLeft += here.getBoundingClientRect().left - strip.getBoundingClientRect().left - (strip.clientWidth - here.clientWidth) / 2;
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();

/* Protected content is for reading: nothing of it is copied, dragged or saved from the page by accident. */
for (const kind of ["copy", "cut", "dragstart", "contextmenu"]) {
  document.addEventListener(kind, (event) => {
    const from = event.target instanceof Element ? event.target : event.target && event.target.parentElement;
    if (from && from.closest("[data-view-only]") && !from.closest("textarea, input")) event.preventDefault();
  });
}
