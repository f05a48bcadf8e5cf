## The pieces of a view. Inline parts have real spaces between them: with all styles stripped, a line still reads.
<%!
    from migration_magics.display.clean import CELL_LIMIT, PROSE_LIMIT, one_line
    from migration_magics.display.diagram import LEGEND, drawing, details as diagram_details
    from migration_magics.display.graph import glyphs, lane_shapes
    from migration_magics.display.highlight import highlight
    from migration_magics.display.view import Details

    SCROLLING_LINES = 12  # in a form about 19 are in view, elsewhere 35; fewer where long ones wrap

    # An untrusted notebook loses the style sheet and keeps these; JupyterLab would set every cell to the right and in the middle.
    LEFT, TOP = 'style="text-align:left;vertical-align:top"', 'style="vertical-align:top"'
    SIDE = 'style="text-align:left"'
%>\
<%namespace name="er" file="diagram.mako"/>\
<%def name="line(pieces, limit=CELL_LIMIT)">\
<% gap = "" %>\
% for piece in pieces:
<%
    text = one_line(piece.text, limit)
    gap = "" if piece.is_glued else gap
%>\
% if piece.kind == "code":
${gap}<code\
% if piece.tone:
 class="mm-${piece.tone}"\
% endif
>${text}</code>\
% elif piece.kind == "chip":
${gap}<span class="mm-chip\
% if piece.tone:
 mm-${piece.tone}\
% endif
"><span>(</span>${text}<span>)</span></span>\
% elif piece.kind == "strong":
${gap}<b\
% if piece.tone:
 class="mm-${piece.tone}"\
% endif
>${text}</b>\
% elif piece.tone:
${gap}<span class="mm-${piece.tone}">${text}</span>\
% else:
${gap}${text}\
% endif
<% gap = " " %>\
% endfor
</%def>\
<%def name="source(code)">\
<% runs, hidden = highlight(code.text, code.language) %>\
## What is too high scrolls within itself: then the keyboard has to get to it.
<pre\
% if code.text.count("\n") > SCROLLING_LINES:
 tabindex="0"\
% endif
><code>\
% for name, text in runs:
% if name:
<span class="mm-${'v' if name == 'n' else name}">${text}</span>\
% else:
${text}\
% endif
% endfor
</code></pre>
% if hidden:
<p class="mm-more">… ${f"{hidden:,}"} more lines, see .to_dict()</p>
% endif
</%def>\
<%def name="details(block)">\
<details\
% if block.is_open:
 open\
% endif
><summary>${one_line(block.summary)}</summary>
${source(block.code)}\
</details>
</%def>\
<%def name="cell(parts)">\
<% between = False %>\
% for part in parts:
% if part.__class__ is Details:
${details(part)}\
<% between = False %>\
% else:
% if between:
<br>\
% endif
${line(part)}\
<% between = True %>\
% endif
% endfor
</%def>\
<%def name="lane(drawn, shapes)">\
<td class="mm-g" ${LEFT | n}><svg width="${shapes.width}" height="${shapes.height}" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true">\
% if shapes.solid:
<path d="${shapes.solid}"/>\
% endif
% if shapes.dashed:
<path stroke-dasharray="3 3" d="${shapes.dashed}"/>\
% endif
<circle cx="${shapes.x}" cy="${shapes.y}" r="${shapes.radius}"\
% if shapes.is_filled:
 fill="currentColor"\
% endif
/></svg><code aria-hidden="true">${drawn}</code></td>\
</%def>\
<%def name="table(block)">\
<%
    graph = glyphs(block.graph)
    shapes = lane_shapes(block.graph, [max((len(one.parts) for one in row.cells), default=1) or 1 for row in block.rows])
    kinds = ["mm-n" if column.is_number else "mm-w" if column.is_narrow else "mm-m" if graph and not column.is_code else "" for column in block.columns]
%>\
<div class="mm-scroll"><table class="mm-t\
% if graph:
 mm-hist\
% endif
">\
% if block.caption:
<caption ${SIDE | n}>${one_line(block.caption)}</caption>
% endif
<thead><tr>\
% if graph:
<th scope="col" ${LEFT | n}>graph</th>\
% endif
% for column, kind in zip(block.columns, kinds):
<th scope="col"\
% if kind == "mm-n":
 class="mm-n"\
% else:
 ${LEFT | n}\
% endif
>${one_line(column.name)}</th>\
% endfor
</tr></thead>
<tbody>
% for index, row in enumerate(block.rows):
<tr\
% if row.tone:
 class="mm-${row.tone}"\
% endif
>\
% if graph:
${lane(graph[index], shapes[index])}\
% endif
% for one, kind in zip(row.cells, kinds):
<td\
% if kind:
 class="${kind}"\
% endif
 ${(TOP if kind == "mm-n" else LEFT) | n}>${cell(one.parts)}</td>\
% endfor
</tr>
% endfor
</tbody></table></div>
% if block.hidden:
<p class="mm-more">… ${f"{block.hidden:,}"} more, see .to_frame()</p>
% endif
</%def>\
<%def name="facts(block)">\
<table class="mm-t mm-facts"><tbody>
% for name, said in block.items:
<tr>\
% if name:
<th scope="row" ${SIDE | n}>${one_line(name)}</th>\
% else:
<td></td>\
% endif
<td ${SIDE | n}>${line(said)}</td></tr>
% endfor
</tbody></table>
</%def>\
<%def name="cards(block)">\
<div class="mm-cards">
% for card in block.cards:
<p class="mm-card"><span>${one_line(card.label)}:</span> <b>${line(card.value)}</b>\
% if card.note:
 <span>${line(card.note)}</span>\
% endif
</p>
% endfor
</div>
</%def>\
<%def name="code(block)">\
% if block.label:
<p class="mm-label">${one_line(block.label)}</p>
% endif
${source(block)}\
</%def>\
<%def name="beside(block)">\
<div class="mm-beside">
% for script in block.scripts:
<div>
${code(script)}\
</div>
% endfor
</div>
</%def>\
<%def name="prose(block)">\
<p>${line(block.line, PROSE_LIMIT)}</p>
</%def>\
<%def name="notes(block)">\
<ul>
% for said in block.lines:
<li>${line(said, PROSE_LIMIT)}</li>
% endfor
</ul>
</%def>\
<%def name="section(block)">\
<div class="mm-section">
${view(block)}\
</div>
</%def>\
<%def name="folded(block)">\
<details class="mm-folded"\
% if block.is_open:
 open\
% endif
><summary>${one_line(block.summary)}</summary>
${blocks(block.blocks)}\
</details>
</%def>\
<%def name="picture(block)">\
${er.picture(drawing(block.diagram))}\
<p class="mm-more">${LEGEND}</p>
% for said in diagram_details(block.diagram):
${details(said)}\
% endfor
</%def>\
<%def name="blocks(every)">\
<%
    draw = {"Code": code, "Prose": prose, "Notes": notes, "Facts": facts, "Cards": cards, "Details": details, "Folded": folded,
            "Picture": picture, "Table": table, "Beside": beside, "View": section}
    for block in every:
        draw[type(block).__name__](block)
%>\
</%def>\
<%def name="view(one)">\
<p class="mm-head"><b class="mm-title">${one_line(one.title)}</b>\
% if one.chips:
 ${line(one.chips)}\
% endif
% for note in one.notes:
% if note:
 <span class="mm-note">· ${line(note)}</span>\
% endif
% endfor
</p>
${blocks(one.blocks)}\
% for said in one.foot:
<p class="mm-foot">${line(said)}</p>
% endfor
</%def>\
