"""Stripe's search query language, turned into a condition on stored objects.

    status:"succeeded" AND amount>1000 AND metadata["order"]:"6735" AND -customer:null

Clauses are joined by AND (a space means the same) or by OR, never both; `-` negates one. `:` is
exact and ignores case, `~` finds a part of at least three characters, numbers compare. Values are
bound, never written into the query; what they are compared with is one kind of object of one
account, so the cost grows with the number of those alone.

The rule that bites: at Stripe what was just written may not be found for a minute. Here it is
found at once.

https://docs.stripe.com/search#search-query-language
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from .context import Context
from .errors import Invalid
from .routing import include

_LIMIT = 100
_DEFAULT = 10
_MOST_CLAUSES = 10
_SHORTEST_PART = 3
_ASKED = "search"
_CLAUSE = re.compile(
    r"""\s*(?P<negated>-)?
        (?P<field>[a-z_][a-z0-9_.]*)
        (?:\[\s*(?P<quote>["'])(?P<key>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)\s*\])?
        \s*(?P<operator>>=|<=|[:~><=])\s*
        (?P<value>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s"']+)
        (?:\s+(?P<joint>AND|OR|and|or)(?=\s)|\s*)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Clause:
    """One comparison of a query."""

    field: str
    key: str | None
    operator: str
    value: str
    negated: bool


def find(ctx: Context, kind: str, params: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    """A page of the acting account's objects that match `params["query"]`, newest first.

    `fields` names what can be searched: field -> "text", "part" (text that `~` may search),
    "number", "token" or "true" (a boolean). Raises `Invalid` for a query that Stripe would not
    take.
    """
    limit = params.get("limit", _DEFAULT)
    if not 1 <= limit <= _LIMIT:
        message = f"This value must be between 1 and {_LIMIT} (inclusive)."
        raise Invalid(message, param="limit", code="parameter_invalid_integer")
    clauses, joint = parse(params["query"])
    conditions, values = [], []
    for clause in clauses:
        condition, bound = _condition(clause, fields)
        conditions.append(f"NOT COALESCE({condition}, 0)" if clause.negated else condition)
        values += bound
    last = _page(params.get("page"))
    from_there = " AND (created, seq) < (SELECT created, seq FROM objects WHERE seq = ?)"
    # The text of the query consists of the constants of this module; values are bound.
    matching = (
        "FROM objects WHERE kind = ? AND owner = ? AND deleted = 0"
        f" AND ({f' {joint} '.join(conditions)})"
    )
    values = [kind, ctx.account, *values]
    ctx.once(_ASKED, lambda: (matching, values))
    rows = ctx.db.execute(
        f"SELECT seq, body {matching}{from_there if last is not None else ''}"
        " ORDER BY created DESC, seq DESC LIMIT ?",
        [*values, *([] if last is None else [last]), limit + 1],
    ).fetchall()
    more = len(rows) > limit
    rows = rows[:limit]
    following = base64.urlsafe_b64encode(str(rows[-1][0]).encode()).decode() if more else None
    return {
        "object": "search_result",
        "url": ctx.path,
        "has_more": more,
        "data": [ctx.show(json.loads(body)) for _, body in rows],
        "next_page": following,
    }


@include("search_result", "total_count")
def total_count(ctx: Context, shown: dict[str, Any]) -> int:
    """How many objects match; told to those who expand it."""
    del shown
    matching, values = ctx.once(_ASKED, tuple)
    count: int = ctx.db.execute(f"SELECT COUNT(*) {matching}", values).fetchone()[0]
    return count


def _page(token: str | None) -> int | None:
    """After which object the page begins; `page` is opaque to callers."""
    if token is None:
        return None
    try:
        return int(base64.urlsafe_b64decode(token.encode()))
    except ValueError as problem:
        message = "Invalid page: use `next_page` of the previous answer."
        raise Invalid(message, param="page") from problem


def parse(query: str) -> tuple[list[Clause], str]:
    """The clauses of a query and what joins them ("AND" or "OR"); raises `Invalid`."""
    clauses: list[Clause] = []
    joints: set[str] = set()
    at = 0
    while at < len(query.rstrip()):
        match = _CLAUSE.match(query, at)
        if match is None:
            raise _unclear(f"near `{query[at : at + 20].strip()}`")
        at = match.end()
        value = match["value"]
        quoted = value[0] in "\"'"
        text = re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value
        if not quoted and value != "null" and not re.fullmatch(r"-?[0-9]+|true|false", value):
            raise _unclear(f"`{value}` must be quoted")
        operator = "null" if value == "null" else match["operator"]
        key = re.sub(r"\\(.)", r"\1", match["key"]) if match["key"] is not None else None
        clauses.append(Clause(match["field"], key, operator, text, bool(match["negated"])))
        if at < len(query.rstrip()):
            joints.add((match["joint"] or "AND").upper())
        elif match["joint"]:
            raise _unclear("it ends with a connector")
    if not clauses:
        raise _unclear("it is empty")
    if len(clauses) > _MOST_CLAUSES:
        raise _unclear(f"it has more than {_MOST_CLAUSES} clauses")
    if len(joints) > 1:
        raise _unclear("AND and OR cannot be mixed")
    return clauses, joints.pop() if joints else "AND"


def _unclear(why: str) -> Invalid:
    return Invalid(
        f"We were unable to parse your search query: {why}. See"
        " https://docs.stripe.com/search#search-query-language",
        param="query",
    )


def _condition(clause: Clause, fields: dict[str, str]) -> tuple[str, list[Any]]:
    """SQL and its bound values for one clause."""
    type_ = "text" if clause.field == "metadata" and clause.key else fields.get(clause.field)
    if type_ is None or (clause.key is not None and clause.field != "metadata"):
        raise _unclear(f"field `{clause.field}` is an unsupported search field")
    path = "$." + ".".join(f'"{step}"' for step in clause.field.split("."))
    if clause.key is not None:
        if '"' in clause.key:
            raise _unclear("a metadata key holds a quotation mark")
        path += "." + json.dumps(clause.key, ensure_ascii=False)
    if clause.operator == "null":
        return "json_extract(body, ?) IS NULL", [path]
    if clause.operator in {">", "<", ">=", "<=", "="} or type_ == "number":
        return _number(clause, type_, path)
    if clause.operator == "~":
        return _part(clause, type_, path)
    if type_ == "true":
        return "json_extract(body, ?) = ?", [path, int(clause.value == "true")]
    return "lower(json_extract(body, ?)) = lower(?)", [path, clause.value]


def _number(clause: Clause, type_: str, path: str) -> tuple[str, list[Any]]:
    operator = "=" if clause.operator == ":" else clause.operator
    if type_ != "number" or operator == "~" or not re.fullmatch(r"-?[0-9]{1,18}", clause.value):
        raise _unclear(f"`{clause.field}` cannot be compared that way")
    return f"json_extract(body, ?) {operator} ?", [path, int(clause.value)]


def _part(clause: Clause, type_: str, path: str) -> tuple[str, list[Any]]:
    if type_ != "part":
        raise _unclear(f"field `{clause.field}` does not support `~`")
    if len(clause.value) < _SHORTEST_PART:
        raise _unclear(f"`~` needs at least {_SHORTEST_PART} characters")
    return "instr(lower(json_extract(body, ?)), lower(?)) > 0", [path, clause.value]
