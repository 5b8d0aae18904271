// Keys, live arrival and canned replies. No framework: htmx swaps the parts, this moves the focus.
"use strict";
(() => {
  let kept = "";
  let after = "";  // where one goes on when that item is gone
  const items = () => [...document.querySelectorAll("[data-item]")].filter((item) => item.offsetParent !== null);
  const current = () => document.activeElement?.closest("[data-item]");
  const place = (item) => item?.querySelector("[data-open]") ?? item;

  const move = (step) => {
    const all = items();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
    place(all[next]).focus();
    all[next].scrollIntoView({ block: "nearest" });
  };

  const press = (key) => {
    const item = current();
    const button = item?.querySelector(`[data-key="${key}"]`) ?? item?.closest("article")?.querySelector(`[data-key="${key}"]`);
    if (button) { button.click(); return true; }
    const details = item?.querySelector(`[data-key-open="${key}"]`);
    if (details) { details.open = true; details.querySelector("select, input:not([type=hidden])")?.focus(); return true; }
    const everywhere = document.querySelector(`[data-global="${key}"]`);
    if (everywhere) { everywhere.click(); return true; }
    const field = document.querySelector(`[data-focus="${key}"]`);
    if (field) { field.focus(); return true; }
    return false;
  };

  // In the queue a digit says what the selected line really is, or, with lines chosen, fills the form for all of them.
  let undone = null;
  const dispose = (number, disposition, was) => htmx.ajax("POST", `/cases/${number}/disposition`, { swap: "none", values: { disposition, was, from: "queue" } });
  const sort = (digit) => {
    const queue = document.querySelector("[data-dispositions]");
    const disposition = queue?.dataset.dispositions.split(" ")[digit - 1];
    if (!disposition) return false;
    if (queue.querySelector("input[type=checkbox]:checked")) {
      const choice = document.getElementById("bulk-disposition");
      choice.closest("details").open = true;
      choice.value = disposition;
      choice.form.querySelector("button[value=disposition]").focus();
      return true;
    }
    const item = current();
    if (!item) return false;
    const number = item.id.replace("line-", "");
    if (item.dataset.disposition === disposition) return true;
    undone = { number, disposition, was: item.dataset.status };
    const near = items();
    after = near[near.indexOf(item) + 1]?.id ?? near[near.indexOf(item) - 1]?.id ?? "";
    const bar = document.getElementById("undo");
    bar.querySelector("span").textContent = `${queue.dataset.disposed}${number}, ${document.querySelector(`#bulk-disposition [value=${disposition}]`).textContent}`;
    bar.hidden = false;
    dispose(number, disposition, item.dataset.status);
    return true;
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#undo button") || !undone) return;
    kept = `line-${undone.number}`;
    dispose(undone.number, undone.disposition, undone.was);
    undone = null;
    document.getElementById("undo").hidden = true;
  });

  const help = () => document.getElementById("help");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (event.key === "Escape" && typing) { typing.blur(); return; }
    if (typing || !document.body.hasAttribute("data-shortcuts") || help()?.open) return;
    let done = true;
    switch (event.key) {
      case "j": move(1); break;
      case "k": move(-1); break;
      case "?": help()?.showModal(); break;
      case "/": { const search = document.getElementById("words"); const box = search?.closest("details"); if (box) box.open = true; search?.focus(); done = Boolean(search); break; }
      case "Escape": document.querySelector("[data-back]")?.click(); break;
      default: done = press(event.key) || (/^[1-9]$/.test(event.key) && sort(Number(event.key)));
    }
    if (done) event.preventDefault();
  });

  // A swap must not lose the place: the item with the focus keeps it under its id.
  let shown = null;
  let silence = 0;
  let chosen = [];
  document.addEventListener("htmx:beforeSwap", () => {
    kept = current()?.id ?? kept;
    chosen = [...document.querySelectorAll("#queue input[type=checkbox]:checked")].map((box) => box.name);
  });
  // At once, not when the page has settled: a key pressed in between would start again from the top.
  document.addEventListener("htmx:afterSwap", () => {
    for (const box of document.querySelectorAll("#queue input[type=checkbox]")) box.checked ||= chosen.includes(box.name);
    regain();
  });
  const regain = () => {
    const item = document.getElementById(kept) ?? document.getElementById(after);
    if (item && !current() && document.activeElement === document.body) place(item).focus();
  };
  document.addEventListener("htmx:afterSettle", () => {
    const talk = document.querySelector(".conversation");
    if (talk && talk !== shown) { shown = talk; requestAnimationFrame(() => { talk.scrollTop = talk.scrollHeight; }); }
    regain();
  });

  // What was said in the corner goes away by itself; screen readers have read it by then.
  new MutationObserver(() => {
    clearTimeout(silence);
    silence = setTimeout(() => { const said = document.getElementById("said"); if (said) said.textContent = ""; }, 8000);
  }).observe(document.body, { childList: true, subtree: true });

  document.addEventListener("change", (event) => {
    const choice = event.target.closest("[data-canned]");
    if (!choice?.value) return;
    const field = document.getElementById(choice.dataset.canned);
    field.value = field.value ? `${field.value}\n${choice.value}` : choice.value;
    choice.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });

  // An answer that is refused is said, never swallowed.
  document.addEventListener("htmx:responseError", (event) => {
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    document.getElementById("said").textContent = page.querySelector("main p")?.textContent ?? event.detail.xhr.status;
  });

  const live = document.querySelector("[data-live]");
  if (live) {
    const source = new EventSource(live.dataset.live);
    source.addEventListener("change", () => htmx.trigger(document.body, "recours:change"));
    let pause = 0;
    const typing = (shown) => { const sign = document.getElementById("typing"); if (sign) sign.hidden = !shown; };
    source.addEventListener("typing", () => { typing(true); clearTimeout(pause); pause = setTimeout(typing, 6000, false); });
    let heard = 0;
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.target.id !== "conversation") return;
      const lines = document.querySelectorAll(".said-by.person").length;
      if (heard && lines > heard) typing(false);
      heard = lines;
    });
    source.addEventListener("gone", () => { source.close(); location.reload(); });
    addEventListener("pagehide", () => source.close());
  }
})();
