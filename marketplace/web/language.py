"""In which language a page is: chosen by hand, remembered, guessed from the browser, or English.

Sentences are written in English where they belong, templates and code alike, and looked up by that
English at the edge: gettext's `_`, filled from `marketplace/translations`. What has no translation
stays English. The rule that bites: the same address has several answers, so every page says in
`Vary` what it depends on, and in `lang` what it is.
https://python-babel.github.io/flask-babel/
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, Response, has_request_context, request
from flask_babel import Babel

from marketplace import database
from marketplace.config import Settings

PARAMETER = COOKIE = "lang"
YEAR = 365 * 24 * 3600
FOLDER = database.ROOT / "marketplace" / "translations"


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its name in an address, in `lang`, for Babel, and for those who read it.

    `moment` is how a time of day is written, as a pattern of CLDR; `regret` says, in the language,
    that a page is not to be had in it.
    """

    code: str
    tag: str
    locale: str
    name: str
    moment: str
    regret: str


ENGLISH = Language("en", "en", "en_US", "English", "MMM d, y, h:mm a", "")
CHINESE = Language(
    "zh", "zh-CN", "zh_CN", "简体中文", "y年M月d日 HH:mm", "平台的后台页面目前只有英文。"
)
LANGUAGES = {language.code: language for language in (ENGLISH, CHINESE)}
# The desk of the platform; its pages are written in English only.
ENGLISH_ONLY = frozenset({"platform"})
# What we write ourselves; pictures, styles and scripts speak no language.
WRITTEN = frozenset({"text/html", "text/markdown", "application/json"})


def install(app: Flask, settings: Settings) -> None:
    """Teach `app` its languages."""
    Babel(
        app,
        default_locale=ENGLISH.locale,
        default_translation_directories=str(FOLDER),
        locale_selector=lambda: of_page().locale,
    )
    app.context_processor(tools)

    @app.after_request
    def remember(response: Response) -> Response:
        asked = LANGUAGES.get(request.args.get(PARAMETER, ""))
        if asked:
            response.set_cookie(
                COOKIE,
                asked.code,
                max_age=YEAR,
                secure=settings.secure,
                httponly=True,
                samesite="Lax",
            )
        if response.mimetype in WRITTEN:
            response.vary.update(("Accept-Language", "Cookie"))
            response.headers.setdefault("Content-Language", of_page().tag)
        return response


def chosen() -> Language:
    """The language that whoever asks wants to read."""
    for code in (request.args.get(PARAMETER, ""), request.cookies.get(COOKIE, "")):
        if code in LANGUAGES:
            return LANGUAGES[code]
    for value, quality in request.accept_languages:
        primary = value.split("-")[0].lower()
        if quality > 0 and primary in LANGUAGES:
            return LANGUAGES[primary]
    return ENGLISH


def of_page() -> Language:
    """The language that the page is in: the chosen one, where the page is translated."""
    if not has_request_context() or request.blueprint in ENGLISH_ONLY:
        return ENGLISH
    return chosen()


def locale() -> str:
    """How amounts and dates are written now; as in English outside of a request."""
    return of_page().locale


def other_language(code: str) -> str:
    """The address of this very page in another language; of the shop, for what a form sent."""
    if request.method != "GET":
        return f"/?{urlencode({PARAMETER: code})}"
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return f"?{urlencode([*kept, (PARAMETER, code)])}"


def tools() -> dict[str, object]:
    """What templates know of languages."""
    return {
        "language": of_page(),
        "languages": list(LANGUAGES.values()),
        "chosen_language": chosen(),
        "other_language": other_language,
    }
