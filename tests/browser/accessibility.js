// What the checks of accessibility ask a page. Evaluated as one object of functions.
({
  // Elements that Tab should stop at, in order: of a group of radios the chosen or the first.
  stops() {
    const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
    const seen = new Set();
    const first = (radio) => {
      const group = [...document.getElementsByName(radio.name)].filter((one) => one.form === radio.form);
      return group.find((one) => one.checked) ?? group[0];
    };
    return [...document.querySelectorAll(wanted)].filter((element) => {
      if (element.disabled || element.tabIndex < 0 || !element.checkVisibility()) return false;
      const stop = element.type === "radio" ? first(element) : element;
      return stop === element && !seen.has(stop) && seen.add(stop);
    });
  },

  name(element) {
    const words = (element.labels?.[0] ?? element).innerText ?? "";
    return `${element.tagName.toLowerCase()} ${words.trim().slice(0, 50)}`;
  },

  // Where Tab begins again: before everything.
  begin() {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    window.scrollTo(0, 0);
  },

  // How an element and what is drawn beside it for its focus look now.
  looks(element) {
    const kinds = ["outline", "boxShadow", "backgroundColor", "border", "color"];
    const look = (one, pseudo) => {
      const style = getComputedStyle(one, pseudo);
      return kinds.map((kind) => style[kind]).join(" ");
    };
    const label = element.nextElementSibling;
    return [look(element), label && look(label, "::before")].join(" | ");
  },

  // Whether somebody sees at least a part of it without scrolling, and nothing lies over it.
  shows(element) {
    const box = element.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
    const y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const top = document.elementFromPoint(x, y);
    return inside && [element, ...(element.labels ?? [])].some((one) => one.contains(top) || top?.contains(one));
  },

  // Texts that lie outside of the screen, and those that their own box cuts off.
  lost() {
    const lost = [];
    const hidden = (element) => element.closest(".govuk-visually-hidden, .govuk-skip-link");
    for (const element of document.body.querySelectorAll("*")) {
      const own = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
      if (!own.length || hidden(element) || !element.checkVisibility()) continue;
      const range = document.createRange();
      const boxes = own.map((node) => (range.selectNodeContents(node), range.getBoundingClientRect()));
      const style = getComputedStyle(element);
      const outside = (box) => box.right > innerWidth + 1 || box.left < -1;
      if (boxes.some(outside)) lost.push(`outside: ${this.name(element)}`);
      const cut = (hides, whole, room) => /hidden|clip/.test(hides) && whole > room + 1;
      if (
        cut(style.overflowX, element.scrollWidth, element.clientWidth) ||
        cut(style.overflowY, element.scrollHeight, element.clientHeight)
      ) {
        lost.push(`cut off: ${this.name(element)}`);
      }
    }
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) lost.push("the page scrolls sideways");
    return lost;
  },

  // The spacing of WCAG 1.4.12, as readers set it for themselves.
  spread(on) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
      * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
      p { margin-bottom: 2em !important; }
    `);
    document.adoptedStyleSheets = on ? [sheet] : [];
  },

  moving() {
    const moving = document.getAnimations().map(() => "an animation runs");
    for (const element of document.querySelectorAll("*")) {
      for (const pseudo of ["", "::before", "::after"]) {
        const style = getComputedStyle(element, pseudo || null);
        const late = style.transitionDuration.split(", ").some((time) => parseFloat(time) > 0);
        if (late || style.animationName !== "none" || style.scrollBehavior === "smooth") {
          moving.push(`${this.name(element)}${pseudo} moves`);
        }
      }
    }
    return moving;
  },

  // Fields whose error no assistive technology reads out with them.
  silent() {
    return [...document.querySelectorAll(".govuk-error-summary a")]
      .filter((link) => {
        const field = document.querySelector(link.getAttribute("href"));
        // A choice of a group may have words of its own beside the group's.
        const described = [field, field?.closest("fieldset")]
          .map((part) => part?.getAttribute("aria-describedby") ?? "")
          .join(" ");
        const texts = described.split(" ").map((id) => document.getElementById(id)?.innerText ?? "");
        return !texts.some((text) => text.includes(link.innerText));
      })
      .map((link) => `not read out at its field: ${link.innerText}`);
  },

  // What WCAG 1.3.5 asks: fields about the person who fills them in name their purpose.
  purposeless() {
    const purposes = { email: "email", code: "one-time-code" };
    const personal = /^(email|tel|url|password)$|name|address|phone|birth/;
    return [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
      .filter((field) => {
        const purpose = purposes[field.name];
        const said = field.getAttribute("autocomplete");
        const isPersonal = personal.test(field.type) || personal.test(field.name);
        return purpose ? said !== purpose : isPersonal && !said;
      })
      .map((field) => `no purpose: ${field.name}`);
  },
})
