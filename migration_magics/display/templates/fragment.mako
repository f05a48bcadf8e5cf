## Blocks without a style sheet: for a widget, which has one for all that it shows.
<%namespace name="parts" file="parts.mako"/>\
<div class="mm">
${parts.blocks(blocks)}\
</div>
