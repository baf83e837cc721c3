"""An OAuth 2 server on Authlib's framework-free classes (RFC 6749, 7636, 9207), shared by the stand-ins.

Authlib is synchronous, the store is not: each request first fetches what Authlib will ask for, then lets it
decide without I/O, then spends and writes. Spending is atomic, so of two equal requests one wins.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Request,
    TokenMixin,
    grants,
)
from authlib.oauth2.rfc7636 import CodeChallenge
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from . import consent
from .grants import Grants, Record
from .rules import Answer, Rules, respond

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
EXPIRED_PAGE = "This page was already used or has expired."
LONGEST = 4096  # characters of an authorization request


class Payload:
    """Parameters of a request as Authlib reads them: first values in `data`, all of them in `datalist`."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.datalist: dict[str, list[str]] = {}
        for name, value in pairs:
            self.datalist.setdefault(name, []).append(value)
        self.data = {name: values[0] for name, values in self.datalist.items()}

    def __getattr__(self, name: str) -> str | None:
        return self.data.get(name)


class Asked(OAuth2Request):  # type: ignore[misc]  # authlib has no types
    """A request to the authorization or the token endpoint."""

    def __init__(self, method: str, pairs: list[tuple[str, str]], headers: Mapping[str, str] | None = None) -> None:
        # Authlib wants https; whether the app has it is decided where PUBLIC_URL is, not here.
        super().__init__(method, "https://sandbox.invalid", headers=headers)
        self.payload = Payload(pairs)

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


@dataclass
class Client(ClientMixin):  # type: ignore[misc]  # authlib has no types
    """The one client there is: id and secret are both "sandbox"."""

    rules: Rules
    redirect_uri: str

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        return scope or (None if self.rules.scopes else "")

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(client_secret.encode(), b"sandbox")

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.rules.client_auth

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


@dataclass
class Known(AuthorizationCodeMixin, TokenMixin):  # type: ignore[misc]  # authlib has no types
    """A code or a refresh token that was found in the store."""

    record: Record

    def __getattr__(self, name: str) -> Any:
        return self.record.get(name)

    def get_redirect_uri(self) -> str:
        return str(self.record["redirect_uri"])

    def get_scope(self) -> str:
        return str(self.record["scope"])

    def check_client(self, client: Client) -> bool:
        return True


@dataclass
class Result:
    """What Authlib decided: its answer, and what is to be stored if it stands."""

    answer: Answer | None = None
    code: tuple[str, Record] | None = None
    access: str = ""
    refresh: str = ""
    grant: Record = field(default_factory=dict)


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # authlib has no types
    """Authorization code grant over what was fetched before."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = ["client_secret_basic", "client_secret_post"]

    def validate_authorization_request(self) -> str:
        uri: str = super().validate_authorization_request()
        rules, sent = self.server.rules, self.request.payload.data
        scopes = sent.get("scope", "").split()
        if rules.scopes and len(scopes) != len(set(scopes)):
            raise InvalidScopeError(redirect_uri=uri)
        for name, value in rules.requires.items():
            if sent.get(name) != value:
                raise InvalidRequestError(f"{name} must be {value}.", redirect_uri=uri)
        if not re.fullmatch(rules.state, sent.get("state", ""), re.DOTALL):
            raise InvalidRequestError("state is missing, too short or holds other characters.", redirect_uri=uri)
        return uri

    def save_authorization_code(self, code: str, request: Asked) -> None:
        sent = request.payload.data
        self.server.result.code = (
            code,
            {
                "grant": request.user,
                "scope": request.scope or "",
                "redirect_uri": sent["redirect_uri"],
                "code_challenge": sent.get("code_challenge"),
                "code_challenge_method": sent.get("code_challenge_method"),
            },
        )

    def query_authorization_code(self, code: str, client: Client) -> Known | None:
        known: Known | None = self.server.known
        return known

    def delete_authorization_code(self, authorization_code: Known) -> None:
        """Spent by the caller, together with writing the tokens."""

    def authenticate_user(self, authorization_code: Known) -> str:
        return str(authorization_code.record["grant"])


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # authlib has no types
    """Refresh grant over what was fetched before."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = ["client_secret_basic", "client_secret_post"]

    def authenticate_refresh_token(self, refresh_token: str) -> Known | None:
        known: Known | None = self.server.known
        return known

    def authenticate_user(self, refresh_token: Known) -> str:
        return str(refresh_token.record["grant"])

    def revoke_old_credential(self, refresh_token: Known) -> None:
        """Spent by the caller, together with writing the tokens."""


class Challenge(CodeChallenge):  # type: ignore[misc]  # authlib has no types
    """PKCE with S256 only; `required` also of clients that have a secret."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar[list[str]] = ["S256"]

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        sent = grant.request.payload.data
        if self.required and sent.get("code_challenge_method") != "S256":
            raise InvalidRequestError("code_challenge and code_challenge_method=S256 are required.")
        super().validate_code_challenge(grant, redirect_uri)


class Server(AuthorizationServer):  # type: ignore[misc]  # authlib has no types
    """One request's authorization server: `known` is the code or refresh token that it names, if any."""

    def __init__(self, rules: Rules, redirect_uri: str, known: Record | None = None) -> None:
        super().__init__(scopes_supported=list(rules.scopes) or None)
        self.rules = rules
        self.client = Client(rules, redirect_uri)
        self.known = Known(known) if known else None
        self.result = Result()
        pkce = [] if rules.pkce == "unknown" else [Challenge(required=rules.pkce == "required")]
        self.register_grant(CodeGrant, pkce)
        self.register_grant(RefreshGrant)

    def query_client(self, client_id: str) -> Client | None:
        return self.client if client_id == "sandbox" else None

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        return Answer(status, body, dict(headers))

    def generate_token(self, grant_type: str, client: Client, user: str, scope: str, **_: Any) -> dict[str, Any]:
        """A new pair; where refresh tokens do not rotate, the one that was sent stays."""
        rules, size = self.rules, self.rules.token_bytes
        kept = self.request_refresh if grant_type == "refresh_token" and not rules.rotates else ""
        self.result.access = rules.access_prefix + secrets.token_urlsafe(size)
        self.result.refresh = kept or rules.refresh_prefix + secrets.token_urlsafe(size)
        self.result.grant = {"grant": user, "scope": scope or ""}
        return {"access_token": self.result.access, "refresh_token": self.result.refresh}

    def save_token(self, token: dict[str, Any], request: Asked) -> None:
        """Stored by the caller."""

    def redeem(self, asked: Asked) -> Result:
        """Decides on a token request."""
        self.request_refresh = asked.form.get("refresh_token", "")
        self.result.answer = self.create_token_response(asked)
        return self.result


class OAuth:
    """The OAuth endpoints of one stand-in provider."""

    def __init__(self, rules: Rules, given: Grants, public_url: str) -> None:
        self.rules = rules
        self.grants = given
        self.issuer = f"{public_url}/sandbox/{rules.slug}"
        self.redirect_uri = f"{public_url}/{rules.slug}"

    def routes(self) -> list[BaseRoute]:
        """Authorization and token endpoint."""
        return [
            Route(self.rules.authorize, self.ask, methods=["GET"]),
            Route(self.rules.authorize, self.decide, methods=["POST"]),
            Route(self.rules.token, self.token, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Shows the consent page for a valid authorization request, which is kept until it is decided."""
        if len(request.url.query) > LONGEST:
            return consent.problem(self.rules.title, "The authorization request is too long.")
        pairs = self._understood(parse_qsl(request.url.query, keep_blank_values=True))
        asked = Asked("GET", pairs)
        try:
            Server(self.rules, self.redirect_uri).get_consent_grant(asked)
        except OAuth2Error as error:
            return self._refused(error, asked)
        except ValueError:  # Authlib can't put every redirect_uri into words.
            return consent.problem(self.rules.title, "The authorization request is not valid.")
        ticket = await self.grants.keep("ticket", {"pairs": pairs})
        words = [self.rules.scopes[scope] for scope in (asked.scope or "").split() if self.rules.scopes[scope]]
        return consent.consent(self.rules.title, words or self.rules.allows, request.url.path, ticket)

    async def decide(self, request: Request) -> Response:
        """Sends the person back with a code, or with access_denied."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return consent.problem(self.rules.title, "Only this page's own buttons can decide.", 403)
        ticket = await self.grants.take("ticket", form.get("ticket", ""))
        if ticket is None or form.get("decision") not in ("approve", "deny"):
            return consent.problem(self.rules.title, EXPIRED_PAGE)
        asked = Asked("GET", [(name, value) for name, value in ticket["pairs"]])
        server = Server(self.rules, self.redirect_uri)
        user = secrets.token_hex(8) if form["decision"] == "approve" else None
        answer = server.create_authorization_response(asked, user, grant=server.get_consent_grant(asked))
        if server.result.code:
            code, record = server.result.code
            await self.grants.keep("code", record, code)
        return self._return(answer.headers["Location"], asked)

    async def token(self, request: Request) -> Response:
        """Redeems a code or a refresh token."""
        if refused := self.rules.headers_missing(request.headers):
            return respond(refused)
        pairs = await self.form(request)
        asked = Asked("POST", pairs or [], request.headers)
        if pairs is None:
            wrong = {"error": "invalid_request", "error_description": "The body has another format than it should."}
            return self._failed(Answer(400, wrong), asked)
        kind, secret = self._named(asked)
        known = await self._fetch(kind, secret)
        result = self._decision(asked, known)
        if result.answer and result.answer.status == 200 and not await self._spend(kind, secret, known):
            known, result = None, self._decision(asked, None)
        if result.answer is None or result.answer.status != 200:
            if known is None and kind == "refresh" and await self.grants.find("spent", secret):
                conflict = "This refresh token was used a moment ago."
                return JSONResponse(self.rules.token_error("invalid_grant", conflict, asked.form), 409, NO_STORE)
            return self._failed(result.answer, asked)
        await self.grants.issue(result.grant, result.access, result.refresh, new=result.refresh != secret)
        tokens = {"access_token": result.access, "refresh_token": result.refresh}
        extra = self.rules.token_answer({**result.grant, "seconds": self.grants.seconds})
        return JSONResponse({**tokens, **extra}, 200, NO_STORE)

    async def form(self, request: Request) -> list[tuple[str, str]] | None:
        """The parameters of a POST in this provider's format; None in any other."""
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        text = (await request.body()).decode("utf-8", "replace")
        if not self.rules.json_body:
            return parse_qsl(text) if kind == "application/x-www-form-urlencoded" else None
        try:
            found = json.loads(text) if kind == "application/json" else None
        except ValueError:
            found = None
        return [(k, v) for k, v in found.items() if isinstance(v, str)] if isinstance(found, dict) else None

    def client_error(self, request: Request, pairs: list[tuple[str, str]]) -> Response | None:
        """Why the client at another endpoint (revoke, introspect) is not known; None if it is."""
        asked = Asked("POST", pairs, request.headers)
        try:
            Server(self.rules, self.redirect_uri).authenticate_client(asked, CodeGrant.TOKEN_ENDPOINT_AUTH_METHODS)
        except (OAuth2Error, ValueError):
            return self._failed(Answer(401, {"error": "invalid_client"}), asked)
        return None

    def _understood(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The request with what this provider adds by itself: implied response type, scope, optional scopes."""
        if not self.rules.implied_scope:
            return pairs
        sent = dict(pairs)
        optional = [scope for scope in sent.get("optional_scope", "").split() if scope in self.rules.scopes]
        scopes = dict.fromkeys([*sent.get("scope", "").split(), *optional])
        if scopes:
            scopes.setdefault(self.rules.implied_scope)
        kept = [pair for pair in pairs if pair[0] not in ("scope", "response_type")]
        return [*kept, ("scope", " ".join(scopes)), ("response_type", sent.get("response_type", "code"))]

    def _refused(self, error: OAuth2Error, asked: Asked) -> Response:
        if error.redirect_uri and self.rules.returns_errors:
            return self._return(error(None)[2][0][1], asked)
        return consent.problem(self.rules.title, error.get_error_description() or error.error)

    def _return(self, location: str, asked: Asked) -> Response:
        sent = asked.payload.data
        if "error=access_denied" in location and not self.rules.describes_denial:
            denied = [("error", "access_denied"), ("state", sent.get("state", ""))]
            location = add_params_to_uri(self.redirect_uri, denied)
        echoes = [(name, sent[name]) for name in self.rules.echoes if name in sent and "?code=" in location]
        return RedirectResponse(add_params_to_uri(location, [*echoes, ("iss", self.issuer)]), 303, NO_STORE)

    def _named(self, asked: Asked) -> tuple[str, str]:
        kind = "refresh" if asked.form.get("grant_type") == "refresh_token" else "code"
        return kind, asked.form.get("refresh_token" if kind == "refresh" else "code", "")

    async def _fetch(self, kind: str, secret: str) -> Record | None:
        burns = kind == "code" and self.rules.burns_codes
        return await (self.grants.take if burns else self.grants.find)(kind, secret)

    async def _spend(self, kind: str, secret: str, known: Record | None) -> bool:
        if known is None:
            return False
        if kind == "code":
            return self.rules.burns_codes or await self.grants.take("code", secret) is not None
        return not self.rules.rotates or await self.grants.rotate(secret, known)

    def _decision(self, asked: Asked, known: Record | None) -> Result:
        try:
            return Server(self.rules, self.redirect_uri, known).redeem(asked)
        except ValueError:  # Basic credentials that are not UTF-8.
            return Result(Answer(401, {"error": "invalid_client"}))

    def _failed(self, answer: Answer | None, asked: Asked) -> Response:
        body = answer.body if answer and isinstance(answer.body, dict) else {}
        error, words = body.get("error", "invalid_request"), body.get("error_description", "")
        basic = self.rules.client_auth == "client_secret_basic"
        status = 401 if error == "invalid_client" and basic else 400
        headers = {**NO_STORE, **({"WWW-Authenticate": "Basic"} if status == 401 else {})}
        return JSONResponse(self.rules.token_error(error, words, asked.form), status, headers)
