"""Who may do what: an endpoint that is not in this table is closed to everybody."""

from typing import Final

ANYONE, PERSON, OPERATOR = "anyone", "person", "operator"

ACCESS: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("GET", "/healthz"): frozenset({ANYONE, PERSON, OPERATOR}),
    ("GET", "/readyz"): frozenset({ANYONE, PERSON, OPERATOR}),
    ("GET", "/metrics"): frozenset({OPERATOR}),
    ("GET", "/v1/provider"): frozenset({ANYONE, PERSON, OPERATOR}),
    ("POST", "/v1/join"): frozenset({ANYONE, PERSON, OPERATOR}),
    ("POST", "/v1/masknet"): frozenset({PERSON}),
    ("GET", "/v1/masknet"): frozenset({PERSON}),
    ("DELETE", "/v1/account"): frozenset({PERSON}),
    ("GET", "/v1/accounts"): frozenset({OPERATOR}),
    ("POST", "/v1/accounts/{account}/revoke"): frozenset({OPERATOR}),
    ("PUT", "/v1/accounts/{account}/note"): frozenset({OPERATOR}),
    ("GET", "/v1/invitations"): frozenset({OPERATOR}),
    ("POST", "/v1/invitations"): frozenset({OPERATOR}),
    ("POST", "/v1/invitations/{handle}/withdraw"): frozenset({OPERATOR}),
    ("GET", "/console"): frozenset({OPERATOR}),
    ("GET", "/console/style.css"): frozenset({OPERATOR}),
}
