## A report as one file. Every ${} is cleaned and escaped by the lookup's default filters; `n` is for our own style sheet alone.
<%namespace name="parts" file="parts.mako"/>\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="migration_magics report">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${page.title}</title>
<style>${css | n}</style>
</head>
<body>
<div class="mm mm-page">
<header>
<h1>${page.title}</h1>
<p class="mm-head">\
% if page.chips:
${parts.line(page.chips)} \
% endif
% for index, note in enumerate(page.notes):
% if index:
 <span class="mm-note">·</span> \
% endif
<span class="mm-note">${parts.line(note)}</span>\
% endfor
</p>
${parts.blocks((page.cards,))}\
% if page.missing:
<div class="mm-missing"><p><b>Not in this report</b></p>
<ul>
% for said in page.missing:
<li>${parts.line(said)}</li>
% endfor
</ul></div>
% endif
<nav aria-label="Sections"><ul>
% for part in page.parts:
<li><a href="#${part.name}">${part.title}</a></li>
% endfor
</ul></nav>
</header>
<main>
% for part in page.parts:
<section id="${part.name}" aria-labelledby="${part.name}-title">
<h2 id="${part.name}-title">${part.title}</h2>
% if part.chips or part.notes:
<p class="mm-head">\
% if part.chips:
${parts.line(part.chips)} \
% endif
% for index, note in enumerate([note for note in part.notes if note]):
% if index:
 <span class="mm-note">·</span> \
% endif
<span class="mm-note">${parts.line(note)}</span>\
% endfor
</p>
% endif
${parts.blocks(part.blocks)}\
% for said in part.foot:
<p class="mm-foot">${parts.line(said)}</p>
% endfor
</section>
% endfor
</main>
<footer>Made by migration_magics from the project's files and its database. Nothing was changed.</footer>
</div>
</body>
</html>
