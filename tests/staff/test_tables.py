"""The cells of a staff table name their columns."""

from __future__ import annotations

from markupsafe import Markup

from shop.staff.tables import labelled

COLUMNS = [("Order", False), ('Sum "gross" & <net>', True), ("", False)]


def test_each_cell_names_its_column_and_spans_are_counted() -> None:
    rows = Markup(
        '<tr class="a"><td>1</td><td class="number">2</td><td>3</td></tr>'
        '<tr><td colspan="2">all</td><td>4</td></tr><tr><td>5</td></tr>'
    )
    sums = ' data-label="Sum &#34;gross&#34; &amp; &lt;net&gt;"'
    assert labelled(rows, COLUMNS) == (
        f'<tr class="a"><td data-label="Order">1</td><td{sums} class="number">2</td><td>3</td></tr>'
        '<tr><td colspan="2">all</td><td>4</td></tr><tr><td data-label="Order">5</td></tr>'
    )


def test_what_was_escaped_stays_so() -> None:
    hostile = "<td onclick=x>&"
    rows = Markup("<tr><td>{}</td></tr>").format(hostile)
    assert labelled(rows, COLUMNS).count("<td") == 1
    assert "&lt;td onclick=x&gt;&amp;" in labelled(rows, COLUMNS)
