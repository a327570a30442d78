"""In which language a page answers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from huleedu.common.middleware import GetResponse

API = "/api/"


class LanguageMiddleware:
    """The signed-in person's own language on pages. After AuthenticationMiddleware.

    What Django's LocaleMiddleware chose stays for everybody else (the language cookie, then the browser's languages)
    and for a call of the API that names a language itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        named = request.path.startswith(API) and "Accept-Language" in request.headers
        if not named and request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
