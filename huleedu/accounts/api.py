"""The API's door to tokens, tickets and the own account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from huleedu.accounts import actions
from huleedu.accounts.models import User
from huleedu.accounts.serializers import (
    MeInput,
    MeSerializer,
    RefreshInput,
    SignInInput,
    TicketSerializer,
    TokenPairSerializer,
)
from huleedu.accounts.tokens import FAMILY_CLAIM
from huleedu.common.api import ApiViewSet
from huleedu.common.errors import ActionError
from huleedu.common.throttling import SIGN_IN_THROTTLES


def _validated(serializer_class: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class OpenView(APIView):
    """Base of the calls that make somebody known: no sign-in asked, no session looked at."""

    authentication_classes: Any = []
    permission_classes = [AllowAny]

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """A refusal asks for `Bearer`, as everywhere in the API."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == status.HTTP_401_UNAUTHORIZED:
            response["WWW-Authenticate"] = "Bearer"
        return response


class TokenView(OpenView):
    """Sign in."""

    throttle_classes = SIGN_IN_THROTTLES

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read the body before the limit counts by the address in it, so that broken JSON is told as such."""
        request.data  # noqa: B018
        super().initial(request, *args, **kwargs)

    @extend_schema(request=SignInInput, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Tokens for an e-mail address and its password. 401 `invalid_credentials` whatever of the two is wrong."""
        values = _validated(SignInInput, request)
        user = authenticate(request._request, email=values["email"], password=values["password"])
        if not isinstance(user, User):
            raise ActionError("invalid_credentials", _("The e-mail address and the password do not match."))
        return Response(TokenPairSerializer(actions.issue_tokens(user, actor=user)).data)


class TokenRefreshView(OpenView):
    """Go on being signed in."""

    @extend_schema(request=RefreshInput, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """New tokens for a refresh token, which works once. 401 `token_reused` ends the sign-in it came from."""
        pair = actions.rotate_tokens(_validated(RefreshInput, request)["refresh"])
        if pair is None:
            raise ActionError("token_reused", _("This token was used before. Sign in again."))
        return Response(TokenPairSerializer(pair).data)


class TokenRevokeView(OpenView):
    """Sign out."""

    @extend_schema(request=RefreshInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the sign-in a refresh token came from, with all its tokens."""
        actions.revoke_tokens(_validated(RefreshInput, request)["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeViewSet(ApiViewSet):
    """The own account."""

    serializer_class = MeSerializer
    queryset = User.objects.none()

    def retrieve(self, request: Request) -> Response:
        """Who is signed in."""
        user: Any = request.user
        return Response(MeSerializer(user).data)

    @extend_schema(request=MeInput, responses=MeSerializer)
    def partial_update(self, request: Request) -> Response:
        """Change the name, or how the pages are to be."""
        user: Any = request.user
        return Response(
            MeSerializer(actions.update_profile(user, changes=_validated(MeInput, request), actor=user)).data
        )


class SocketTicketView(APIView):
    """Open a WebSocket without a session. Takes no `Idempotency-Key`: a ticket is kept nowhere in clear."""

    @extend_schema(request=None, responses={201: TicketSerializer})
    def post(self, request: Request) -> Response:
        """A ticket that works once, within 30 seconds."""
        user: Any = request.user
        token: Any = request.auth
        sign_in = token[FAMILY_CLAIM] if token else request.session.session_key
        ticket = actions.issue_ticket(user, sign_in=sign_in, actor=user)
        shown = TicketSerializer({"ticket": ticket, "expires_in": actions.TICKET_SECONDS})
        return Response(shown.data, status=status.HTTP_201_CREATED)
