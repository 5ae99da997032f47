(function () {
  "use strict";
  var form = document.getElementById("filter"), box = document.getElementById("words");
  if (!form || !box) return;
  var rows = Array.prototype.slice.call(document.querySelectorAll("#held > li")), count = document.getElementById("shown");
  var texts = rows.map(function (row) {
    var id = row.querySelector("code[title]");
    return (row.textContent + " " + (id ? id.title : "")).toLowerCase();
  });
  function apply() {
    var words = box.value.toLowerCase().split(/\s+/), n = 0;
    rows.forEach(function (row, i) {
      row.hidden = !words.every(function (word) { return texts[i].indexOf(word) >= 0; });
      if (!row.hidden) n++;
    });
    count.textContent = n + " of " + rows.length + " shown";
  }
  function fromAddress() {
    var m = /^#find=(.*)$/.exec(location.hash);
    if (m) {
      try { box.value = decodeURIComponent(m[1]); } catch (e) { box.value = m[1]; }
    }
    apply();
  }
  form.hidden = false;
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  box.addEventListener("input", apply);
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
})();
