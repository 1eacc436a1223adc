"""The examples in CONTRIBUTING.md are true: each is run against the ports as they are.

Method: every Python block that names its file is loaded as the module it would be.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from maitred.connectors.port import Connector, Receipt
from maitred.contracts.errors import BadPayload, StoreUnavailable
from maitred.contracts.identifiers import Keys, Level
from maitred.contracts.ids import Tenant
from maitred.contracts.inbound import Inbound
from maitred.contracts.secret import Secret
from maitred.gateway.idle import idle_context
from maitred.normalizer.port import DecodeContext
from maitred.router.hours import ALWAYS_OPEN
from maitred.router.mood.port import MoodInput, MoodModel
from maitred.router.policies.index import IndexPolicy
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings
from tests.house.sources import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
BLOCKS = dict(re.findall(r"```python\n# \w+/([\w/]+)\.py\n(.*?)```", TEXT, re.DOTALL))
KEYS = Keys(Tenant("house"), b"a secret of some length")
GOOD = b'{"id": "1", "email": "kim@example.com", "text": "Where is order 77?"}'


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Return what loads an example as the module that it would be."""

    def loaded(name: str) -> ModuleType:
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        source = BLOCKS[name.replace(".", "/")]
        exec(compile(source, name, "exec"), vars(module))  # noqa: S102  (our own document)
        return module

    return loaded


class Store:
    """Keeps what was accepted, or does not answer."""

    def __init__(self) -> None:
        self.kept: list[tuple[Inbound, bytes]] = []
        self.answers = True

    async def __call__(self, inbound: Inbound, body: bytes, traceparent: str = "") -> Receipt:
        if not self.answers:
            raise StoreUnavailable("no answer")
        self.kept.append((inbound, body))
        return Receipt(id=inbound.id, duplicate=False)


def _connector(module: ModuleType, store: Store, refused: list[str]) -> Any:
    context = replace(
        idle_context(KEYS),
        accept=store,
        clock=lambda: 1_700_000_000_000,
        refused=lambda _account, reason: refused.append(reason),
    )
    account = module.FormAccount(secret=Secret("s"))
    return module.FormConnector(module.FormSettings(accounts={"shop": account}), context)


def _methods(protocol: type) -> Iterator[tuple[str, inspect.Signature]]:
    for name, member in vars(protocol).items():
        if inspect.isfunction(member) and not name.startswith("_"):
            yield name, inspect.signature(member)


def _implements(made: type, protocol: type) -> None:
    for name, wanted in _methods(protocol):
        found = inspect.signature(getattr(made, name))
        assert list(found.parameters.values()) == list(wanted.parameters.values()), name


def test_every_example_is_found() -> None:
    assert sorted(BLOCKS) == [
        "maitred/connectors/form",
        "maitred/normalizer/form",
        "maitred/router/mood/shouting",
        "maitred/router/patient",
    ]


def test_every_entry_point_of_the_examples_leads_to_one(
    load: Callable[[str], ModuleType],
) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    points = [
        target
        for block in blocks
        for group in tomllib.loads(block)["project"]["entry-points"].values()
        for target in group.values()
    ]
    assert len(points) == len(BLOCKS)
    for point in points:
        module, _, name = point.partition(":")
        assert callable(getattr(load(module), name))


async def test_the_channel_stores_what_is_signed_and_refuses_the_rest(
    load: Callable[[str], ModuleType],
) -> None:
    store, refused = Store(), list[str]()
    module = load("maitred.connectors.form")
    connector = _connector(module, store, refused)
    _implements(module.FormConnector, Connector)
    application = web.Application()
    for route in connector.routes():
        application.router.add_route(route.method, route.path, route.handler)

    async with TestClient(TestServer(application)) as client:

        async def post(body: bytes, *, account: str = "shop", secret: bytes = b"s") -> int:
            signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
            headers = {"X-Signature": signature}
            path = f"/v1/webhooks/form/{account}"
            async with client.post(path, data=body, headers=headers) as response:
                return response.status

        assert await post(GOOD) == 202
        assert await post(GOOD, secret=b"wrong") == 403
        assert await post(GOOD, account="other") == 404
        assert await post(b"{") == 400
        assert await post(GOOD.replace(b"kim@", b"")) == 400
        store.answers = False
        assert await post(GOOD) == 503
    ((inbound, body),) = store.kept
    assert body == GOOD
    assert inbound.sender.level is Level.CLAIMED
    assert refused == ["bad_signature", "unknown_account", "bad_payload", "bad_payload"]

    decode = load("maitred.normalizer.form").decode
    context = DecodeContext(keys=KEYS)
    assert decode(inbound, body, 1, context).message.text == "Where is order 77?"
    with pytest.raises(BadPayload):
        decode(inbound, b"[]", 2, context)


def test_the_mood_model_reads_every_message(load: Callable[[str], ModuleType]) -> None:
    module = load("maitred.router.mood.shouting")
    _implements(module.ShoutingMoodModel, MoodModel)
    model: MoodModel = module.ShoutingMoodModel()
    assert model.name == "shouting"
    loud, calm, empty = model.read(
        [MoodInput(text="WHERE IS MY ORDER"), MoodInput(text="Hello"), MoodInput(text="")]
    )
    assert loud.label == "angry"
    assert loud.because
    assert calm.label == empty.label == "calm"


def test_the_policy_ranks_by_age_alone(load: Callable[[str], ModuleType]) -> None:
    module = load("maitred.router.patient")
    _implements(module.PatientPolicy, RoutingPolicy)
    policy: RoutingPolicy = module.PatientPolicy(RoutingSettings(), ALWAYS_OPEN)
    assert policy.weight(0.1, 1.0, previous=False) == policy.weight(1.0, 9.0, previous=True)
    assert policy.hash() != IndexPolicy(RoutingSettings()).hash()
    assert policy.hash() == module.PatientPolicy(RoutingSettings(), ALWAYS_OPEN).hash()


@pytest.mark.parametrize(
    "module", ["maitred.connectors.port", "maitred.normalizer.port", "maitred.router.port"]
)
def test_every_port_that_the_page_links_to_is_there(module: str) -> None:
    file = import_module(module).__file__
    assert file is not None
    linked = re.findall(rf"\[`{re.escape(module)}`\]\(([^)]+)\)", TEXT)
    assert linked
    assert (ROOT / linked[0]).samefile(file)
