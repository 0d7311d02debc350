"""The integration guide: choices in the address, and everything that follows from them.

Nobody has to sign in, nothing is stored, and neither the database nor Stripe is asked. The rule
that bites: the page, the Markdown, the JSON and the prompt share one reader of the address, so a
link to one of them can be changed into a link to another by its path alone.
https://docs.stripe.com/connect/design-an-integration
"""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import countries
from marketplace.design import DEFAULT, Design
from marketplace.design.rules import judge
from marketplace.guide import atlas, built, business, code, options, prompt, report, sample
from marketplace.guide.voice import Voice
from marketplace.web import drawing, language, show

bp = Blueprint("guide", __name__)
KEPT = (*sample.NAMES, language.PARAMETER)
MARKDOWN = "text/markdown; charset=utf-8"


@bp.get("/guide")
def index() -> ResponseReturnValue:
    """The questions, and the answer to them."""
    design, unknown = options.read(request.args)
    sale, faults = sample.read(request.args)
    it = report.guide(design, sale, voice())
    return render_template(
        "guide/index.html",
        it=it,
        unknown=unknown,
        faults=[fault.told(it.voice) for fault in faults],
        typed=request.args,
        text=prompt.prompt(it) if it.judgement.can_be_built else None,
    )


@bp.get("/guide/start")
def start() -> ResponseReturnValue:
    """Two questions about the business, and the choices that follow from them."""
    model, earned = business.read(request.args)
    design = business.design(model, request.args) if model else DEFAULT
    return render_template(
        "guide/start.html",
        business=business,
        model=model,
        earned=earned,
        design=design,
        judged=judge(design),
        lost=bool(request.args.get("model")) and model is None,
    )


@bp.get("/guide.md")
def markdown() -> ResponseReturnValue:
    """The guide as Markdown."""
    return Response(prompt.markdown(_asked()), content_type=MARKDOWN)


@bp.get("/guide.json")
def data() -> ResponseReturnValue:
    """The guide as JSON."""
    design, unknown = options.read(request.args)
    sale, faults = sample.read(request.args)
    it = report.guide(design, sale, voice())
    told = [
        it.voice.tell("{name}: nothing is called {value}", name=u.question.name, value=u.value)
        for u in unknown
    ]
    told += [fault.told(it.voice) for fault in faults]
    return jsonify(report.as_json(it) | {"faults": told})


@bp.get("/guide/prompt.md")
def prompt_page() -> ResponseReturnValue:
    """A prompt for a language model; 409 for a design that cannot be built."""
    return Response(prompt.prompt(_asked()), content_type=MARKDOWN)


@bp.get("/guide/compare")
def compare() -> ResponseReturnValue:
    """Two designs side by side."""
    sale, _ = sample.read(request.args)
    typed = [request.args.get(name, "") for name in ("a", "b")]
    usual = (DEFAULT, atlas.PRESETS[1].design)
    found = [options.from_short(text) or other for text, other in zip(typed, usual, strict=True)]
    one, other = (report.guide(design, sale, voice()) for design in found)
    lost = [text for text in typed if text and options.from_short(text) is None]
    return render_template(
        "guide/compare.html", one=one, other=other, rows=report.compare(one, other), lost=lost
    )


def _asked() -> report.Guide:
    """The guide that the address asks for."""
    design, _ = options.read(request.args)
    sale, _ = sample.read(request.args)
    return report.guide(design, sale, voice())


def voice() -> Voice:
    """How the guide speaks to whoever asks."""
    return Voice(show.translated, language.locale())


@bp.app_template_global("guide_url")
def guide_url(design: Design, endpoint: str = "guide.index") -> str:
    """The address of a design, with the sample sale that is being looked at."""
    values: dict[str, Any] = {k: v for k, v in request.args.items() if k in KEPT}
    return url_for(endpoint, **(options.address(design) | values))


def in_words(design: Design) -> str:
    """A design in a line of words."""
    return options.words(design, voice())


@bp.context_processor
def tools() -> dict[str, object]:
    """What the guide's templates work with."""
    return {
        "atlas": atlas,
        "built": built,
        "code": code,
        "countries": countries,
        "in_words": in_words,
        "options": options,
        "parties": report.PARTIES,
        "story_picture": drawing.picture,
    }
