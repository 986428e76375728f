"""Whether a template of somebody else's can be rendered without fear: in little time, to a text of a bounded size.

Jinja's sandbox keeps a template from Python's objects, not from loops in loops over ranges. So what a stored prompt may
hold is listed: values, choices, one loop inside none, a few filters; a template with more is not rendered for reading.
"""

from __future__ import annotations

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

LONGEST = 100_000
"""Characters of a template, and of all its exemplars together ten times that."""
MOST_VALUES = 200
"""Values that a template writes out."""
_FILTERS = frozenset(
    {"trim", "upper", "lower", "title", "capitalize", "first", "last", "join", "length", "default", "int"}
)
_METHODS = frozenset({"get", "startswith", "endswith", "strip", "rstrip", "lstrip", "lower", "upper", "items"})
_FUNCTIONS = frozenset({"range", "lipsum", "cycler", "joiner", "namespace", "dict"})
_KINDS = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const, nodes.If,
    nodes.For, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Tuple, nodes.List,
    nodes.Filter, nodes.Test, nodes.Call, nodes.Add, nodes.Sub, nodes.Keyword,
)  # fmt: skip


def is_bounded(template: str, exemplars: int = 0) -> bool:
    """Whether a template holds nothing but what takes little time and room; `exemplars`: their characters."""
    if len(template) > LONGEST or exemplars > 10 * LONGEST:
        return False
    try:
        tree = SandboxedEnvironment().parse(template)
    except (TemplateSyntaxError, RecursionError):
        return False
    found = list(tree.find_all(nodes.Node))
    loops = [node for node in found if isinstance(node, nodes.For)]
    return (
        all(isinstance(node, _KINDS) and _is_known(node) for node in found)
        and sum(isinstance(node, nodes.Name) for node in found) <= MOST_VALUES
        and not any(loop.recursive or next(loop.find_all(nodes.For), None) for loop in loops)
    )


def _is_known(node: nodes.Node) -> bool:
    """Whether a filter is on the list, and a function is none of those that make much out of little."""
    if isinstance(node, nodes.Filter):
        return node.name in _FILTERS
    if isinstance(node, nodes.Call):
        if isinstance(node.node, nodes.Getattr):
            return node.node.attr in _METHODS
        return isinstance(node.node, nodes.Name) and node.node.name not in _FUNCTIONS
    return True
