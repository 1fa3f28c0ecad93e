"""The chart: an SVG written by hand, CPU time and requests a second of every case, as bars with their ranges. Pure."""
from xml.sax.saxutils import escape

LEFT, BAR, ROW, GAP, TOP, PANEL = 150, 300, 17, 16, 64, 640
COLOURS = {'evloom': '#2b6cb0', 'nginx': '#4a9d5b', 'nginx file': '#4a9d5b', 'direct': '#c0632f',
           'nginx + lua': '#8a5aa8'}
PANELS = (('cpu_us', 'CPU time per request, µs: server and store; less is better', '{:.1f}'),
          ('rps', 'requests a second; more is better', '{:,.0f}'))
STYLE = ('text{font:12px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:16px}.h{font-weight:600}'
         '.d{fill:#667}rect.bg{fill:#fff}line{stroke:#222;stroke-opacity:.55}'
         '@media(prefers-color-scheme:dark){text{fill:#ddd}.d{fill:#99a}rect.bg{fill:#16181c}line{stroke:#ddd}}')


def _colour(server):
    return COLOURS.get(server, COLOURS['evloom'] if server.startswith('evloom') else '#777')


def _bars(case, name, form, x, y):
    """One group of bars with its heading; each case has a scale of its own. Returns elements and the height used."""
    servers = [s for s in case['servers'] if name in s['figures']]
    parts = [f'<text class="h" x="{x}" y="{y}">{escape(case["title"])}</text>']
    full = max(s['figures'][name]['max'] for s in servers) or 1
    for index, server in enumerate(servers):
        spread, top = server['figures'][name], y + 8 + index * ROW
        begin = x + LEFT
        length, low, high = (BAR * spread[part] / full for part in ('median', 'min', 'max'))
        label = form.format(spread['median'])
        if name in server['to_mark']:
            label += f'  ({server["to_mark"][name]["median"]:.2f} of {case["mark"]})'
        parts += [
            f'<text x="{begin - 8}" y="{top + 11}" text-anchor="end">{escape(server["server"])}</text>',
            f'<rect x="{begin}" y="{top + 1}" width="{max(length, 1):.1f}" height="{ROW - 4}" rx="2" '
            f'fill="{_colour(server["server"])}"/>',
            f'<line x1="{begin + low:.1f}" x2="{begin + high:.1f}" y1="{top + 7.5}" y2="{top + 7.5}" '
            'stroke-width="2"/>',
            f'<text class="d" x="{begin + high + 6:.1f}" y="{top + 11}">{escape(label)}</text>',
        ]
    return parts, 8 + len(servers) * ROW + GAP + 8


def draw(cases, subtitle):
    """The SVG of figures.summary."""
    parts, bottom = [], TOP
    for column, (name, title, form) in enumerate(PANELS):
        x, y = 20 + column * PANEL, TOP
        parts.append(f'<text class="h" x="{x}" y="{y}">{escape(title)}</text>')
        y += 26
        for case in cases:
            if any(name in server['figures'] for server in case['servers']):
                group, height = _bars(case, name, form, x, y)
                parts += group
                y += height
        bottom = max(bottom, y)
    width = 20 + len(PANELS) * PANEL
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom}" viewBox="0 0 {width} {bottom}">',
        f'<style>{STYLE}</style><rect class="bg" width="{width}" height="{bottom}"/>',
        f'<text class="t" x="20" y="26">evloom beside nginx, nginx + lua and the published technique</text>',
        f'<text class="d" x="20" y="44">{escape(subtitle)}</text>', *parts, '</svg>', ''])
