## One result. Every ${} is cleaned and escaped by the lookup's default filters; `n` (off) is used for our own style sheet alone.
<%namespace name="parts" file="parts.mako"/>\
<div class="mm">
${parts.view(view)}\
<style>${css | n}</style>
</div>
