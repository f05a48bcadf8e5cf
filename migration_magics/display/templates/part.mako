## A part of a form: a view without the style sheet, which the form carries once. A role makes screen readers speak of it.
<%namespace name="parts" file="parts.mako"/>\
<div class="mm mm-part"\
% if role == "status":
 role="status" aria-live="polite"\
% elif role == "alert":
 role="alert"\
% endif
>
% if view is not None:
${parts.view(view)}\
% endif
% if css:
<style>${css | n}</style>
% endif
</div>
