// What pages do more where scripts run: copying, and looking again at what changes by itself. Without it they work all the same.
"use strict";

// Copy buttons are of use only here.
for (const button of document.querySelectorAll("button.copier")) {
  button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copier");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy");
  }
  const called = button.getAttribute("aria-label");
  const say = (word) => {
    button.textContent = word;
    button.setAttribute("aria-label", called.replace(/^(Copy|Copied)/, word));
  };
  say("Copied");
  setTimeout(() => say("Copy"), 2000);
});

// A form that asks first says what it is about to do.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  const question = button && button.dataset.asks;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (question) sure(event.target);
  // Once is enough. After the form has been put together, so that the button's own value goes with it.
  if (button) setTimeout(() => (button.disabled = true), 0);
  for (const told of event.target.querySelectorAll("[data-while-sent]")) {
    // Some buttons of a form take long, others do not.
    if (told.dataset.by && told.dataset.by !== button?.value) continue;
    told.hidden = false;
    if (told.dataset.whileSent) watch(told);
  }
});

// What was asked here is not asked again by a page in between.
function sure(form) {
  if (form.querySelector("input[name=sure]")) return;
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "sure", value: "yes" });
  form.append(field);
}

// While a form is on its way, what becomes of it is shown where its page says.
async function watch(told) {
  while (!told.hidden) {
    try {
      const answer = await fetch(told.dataset.whileSent, { credentials: "same-origin", redirect: "error" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#checks ul");
      const shown = told.querySelector(".checking");
      if (answer.ok && fresh && fresh.outerHTML !== shown.innerHTML) shown.replaceChildren(document.importNode(fresh, true));
    } catch {
      // The answer to the form itself is what counts.
    }
    await new Promise((done) => setTimeout(done, 500));
  }
}

// Coming back by the history shows buttons that were pressed as they were.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form button:disabled")) button.disabled = false;
  for (const field of document.querySelectorAll("form:has(button[data-asks]) input[name=sure]")) field.remove();
  for (const told of document.querySelectorAll("[data-while-sent]")) told.hidden = true;
});

// Parts that change by themselves are looked at again, and what is in them is changed only if it differs. The parts themselves stay, so that those which are said aloud are.
const seconds = Number(document.body.dataset.lookAgain);
if (seconds > 0) {
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(document.body.dataset.lookAt || location.href, { credentials: "same-origin", redirect: "manual" });
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
          for (const part of document.querySelectorAll("[data-live][id]")) {
            const now = fresh.getElementById(part.id);
            if (now && now.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) {
              part.replaceChildren(...document.importNode(now, true).childNodes);
            }
          }
          if (!("lookAgain" in fresh.body.dataset)) return;
        } else if (answer.type === "opaqueredirect") {
          location.reload();
          return;
        }
      } catch {
        // Out of reach for now: the next look may find it.
      }
    }
    setTimeout(look, seconds * 1000);
  };
  setTimeout(look, seconds * 1000);
}
