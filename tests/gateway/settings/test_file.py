"""The file itself: what can be wrong with it before any setting is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.settings.load import FILE_BYTES_MAX, read

GOOD = b'[identity]\nsecret = "file:secret"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("a secret that is long enough\n")
    return tmp_path / "maitred.toml"


def fault_of(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(path)
    (fault,) = caught.value.faults
    return fault


def test_a_missing_file_names_the_command_that_writes_one(config: Path) -> None:
    assert fault_of(config) == (
        f"{config}: there is no such file; `maitred init` writes one to start from"
    )


def test_a_directory_is_no_file(config: Path) -> None:
    config.mkdir()
    assert fault_of(config) == f"{config}: cannot be read: Is a directory"


def test_a_file_below_a_file_cannot_be_read(config: Path) -> None:
    config.write_bytes(GOOD)
    below = config / "maitred.toml"
    assert fault_of(below) == f"{below}: cannot be read: Not a directory"


def test_an_empty_file_lacks_the_one_setting_without_a_default(config: Path) -> None:
    config.write_bytes(b"")
    assert fault_of(config) == "identity.secret: missing; it has no default"


def test_a_file_that_is_not_utf_8_is_told(config: Path) -> None:
    config.write_bytes("# größe\n".encode("latin-1") + GOOD)
    assert fault_of(config) == f"{config}: cannot be read: it is not UTF-8"


def test_a_byte_order_mark_is_taken(config: Path) -> None:
    config.write_bytes(b"\xef\xbb\xbf" + GOOD)
    assert read(config).settings.tenant == "main"


def test_a_huge_file_is_not_read_whole(config: Path) -> None:
    with config.open("wb") as file:
        file.truncate(100 * FILE_BYTES_MAX)
    assert fault_of(config) == f"{config}: larger than 8 MiB"


@pytest.mark.parametrize(
    "text",
    [b"a = ", b"[a", b"a = 1\na = 2", b"a" * 1000, b"\0", b'a = "\x01"', b"a = 1e", b"[[a]]\n[a]"],
)
def test_bad_toml_is_told_in_one_line_with_its_place(config: Path, text: bytes) -> None:
    config.write_bytes(text)
    fault = fault_of(config)
    assert fault.startswith(f"{config}: not valid TOML: ")
    assert "line" in fault or "end of document" in fault


@pytest.mark.parametrize("text", [b"a = " + b"[" * 5000, b"a = " + b"{a=" * 5000])
def test_deep_nesting_is_bad_toml(config: Path, text: bytes) -> None:
    config.write_bytes(text)
    assert fault_of(config).startswith(f"{config}: not valid TOML: ")


def test_a_number_of_thousands_of_digits_is_bad_toml(config: Path) -> None:
    config.write_bytes(b"a = " + b"9" * 5000)
    assert fault_of(config).startswith(f"{config}: not valid TOML: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(config: Path) -> None:
    config.write_bytes(GOOD)
    config.chmod(0)
    assert fault_of(config) == f"{config}: cannot be read: Permission denied"


def test_paths_and_secrets_are_relative_to_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_bytes(GOOD + b'[nats]\nstore = "store"\n')
    monkeypatch.chdir("/")
    assert read(config).settings.nats.store == config.parent / "store"
