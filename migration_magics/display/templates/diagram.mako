## An entity-relationship diagram as one SVG. Without the style sheet it is drawn in the colour of the text.
<%def name="marked(name, mark, dashed=False)">\
 class="${name}\
% if mark:
 mm-${mark}\
% endif
"\
% if dashed:
 stroke-dasharray="4 3"\
% endif
</%def>\
<%def name="picture(one)">\
<div class="mm-scroll"><svg class="mm-er" role="img" width="${one.width}" height="${one.height}" viewBox="0 0 ${one.width} ${one.height}" style="min-width:${one.least_width}px" fill="none" stroke="currentColor" font-size="11" font-family="monospace">\
<title>${one.title}</title><desc>The same stands below as text.</desc>
% for edge in one.edges:
<path${marked("mm-edge", edge.mark, edge.is_dashed)} d="${edge.line}"/><path${marked("mm-edge", edge.mark)} d="${edge.ends}"/>
% endfor
% for box in one.boxes:
${table(box)}\
% endfor
</svg></div>
</%def>\
<%def name="table(box)">\
<g${marked("mm-box", box.mark)}><rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="5"/>\
<path class="mm-rule" d="M${box.x} ${box.y + 24}h${box.width}"/>\
<text class="mm-name" x="${box.x + 9}" y="${box.y + 16}" fill="currentColor" stroke="none" font-size="12" font-weight="600">${box.title}</text>
% for line in box.lines:
<g${marked("mm-line", line.mark)} fill="currentColor" stroke="none">\
% if line.sign:
<text x="${box.x + 9}" y="${line.y}">${line.sign}</text>\
% endif
% for x, key in line.keys:
<text class="mm-key" x="${x}" y="${line.y}" font-size="9">${key}</text>\
% endfor
<text x="${line.name_x}" y="${line.y}">${line.name}</text>\
<text class="mm-type" x="${line.type_x}" y="${line.y}" text-anchor="end">${line.type}</text>\
% if line.is_not_null:
<text class="mm-type" x="${box.x + box.width - 9}" y="${line.y}" text-anchor="end" font-size="9">NN</text>\
% endif
</g>
% endfor
% if box.more:
<text class="mm-type" x="${box.x + 9}" y="${box.more_y}" fill="currentColor" stroke="none">${box.more}</text>
% endif
</g>
</%def>\
