// The chat without reloading. Without this script the same forms work. Nothing is kept in the browser.
"use strict";
(() => {
  const root = document.documentElement;
  const thread = document.getElementById("thread");
  const say = document.getElementById("say");
  const text = document.getElementById("text");
  const file = document.getElementById("file");
  const typing = document.getElementById("typing");
  const fault = document.getElementById("fault");
  const leaveTo = root.dataset.leaveTo;
  let last = Number(root.dataset.last);
  let source = null;
  let escapes = [];
  let silence = 0;
  let told = -Infinity;

  function leave() {
    navigator.sendBeacon("/leave");
    document.body.replaceChildren();
    if (source) source.close();
    location.replace(leaveTo);
  }

  function listen() {
    if (source) return;
    source = new EventSource("/events?after=" + last);
    source.addEventListener("line", (event) => {
      if (Number(event.lastEventId) <= last) return;
      last = Number(event.lastEventId);
      typing.hidden = true;
      thread.insertAdjacentHTML("beforeend", event.data);
      thread.lastElementChild.scrollIntoView({ block: "nearest" });
    });
    source.addEventListener("typing", () => {
      typing.hidden = false;
      clearTimeout(silence);
      silence = setTimeout(() => { typing.hidden = true; }, 6000);
    });
    source.addEventListener("wiped", (event) => {
      last = Number(event.lastEventId);
      thread.replaceChildren();
    });
    source.addEventListener("gone", leave);
  }

  async function post(fields) {
    try {
      const answer = await fetch("/say", {
        method: "POST",
        body: new URLSearchParams(fields),
        headers: { Accept: "text/event-stream" },
      });
      fault.textContent = answer.status === 429 ? await answer.text() : fault.dataset.down;
      if (!answer.ok) throw new Error(answer.status);
      fault.hidden = true;
      listen();
      return true;
    } catch {
      fault.hidden = false;
      fault.scrollIntoView({ block: "nearest" });
      return false;
    }
  }

  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const button = event.submitter;
    if (button && button.value === "leave") return leave();
    const nonce = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
    if (button && button.name === "choice") {
      await post({ nonce, choice: button.value });
    } else if (form.id === "start") {
      if (await post({ nonce, text: "/start" })) { form.remove(); say.hidden = false; }
    } else if (text.value.trim()) {
      const words = text.value;
      text.value = "";
      if (!(await post({ nonce, text: words }))) text.value = words;
    }
    text.focus({ preventScroll: true });
  });

  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      say.requestSubmit();
    }
  });

  // That something is typed is told, at most every four seconds; never a word of it.
  text.addEventListener("input", (event) => {
    if (!source || !text.value.trim() || event.timeStamp - told < 4000) return;
    told = event.timeStamp;
    fetch("/typing", { method: "POST" }).catch(() => {});
  });

  // A file never leaves the phone: only its kind and size are told.
  function show(files) {
    for (const one of files) {
      post({ nonce: one.name + one.size + Math.random(), mime: one.type || "application/octet-stream", size: one.size, name: one.name });
    }
  }
  file.closest("p").hidden = false;
  file.addEventListener("change", () => { show(file.files); file.value = ""; });
  document.addEventListener("dragover", (event) => { event.preventDefault(); say.classList.add("dropping"); });
  document.addEventListener("dragleave", () => say.classList.remove("dropping"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    say.classList.remove("dropping");
    if (event.dataTransfer.files.length) show(event.dataTransfer.files);
    else text.value += event.dataTransfer.getData("text/plain");
  });
  text.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) { event.preventDefault(); show(event.clipboardData.files); }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") { escapes = []; return; }
    escapes = [...escapes, event.timeStamp].slice(-3);
    if (escapes.length === 3 && escapes[2] - escapes[0] < 2000) leave();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  if ("begun" in root.dataset) listen();
  document.getElementById("end").scrollIntoView();
})();
