"""The Dockerfile says what an image of ours must be; no container engine is needed to read it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

import orjson
import pytest

from tests.deploy.tree import DEPLOY, ROOT, project


@dataclass
class Stage:
    image: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [value for name, value in self.steps if name == instruction]


def _parse(text: str) -> list[Stage]:
    """Read stages and their instructions (Dockerfile reference, "Format" and "FROM")."""
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\s*\\\n\s*", " ", plain)
    stages: list[Stage] = []
    for line in filter(None, (line.strip() for line in joined.splitlines())):
        instruction, _, value = line.partition(" ")
        instruction = instruction.upper()
        if instruction == "FROM":
            found = re.fullmatch(r"(\S+)(?:\s+AS\s+(\S+))?", value.strip(), re.IGNORECASE)
            assert found, line
            stages.append(Stage(found.group(1), found.group(2) or ""))
            continue
        assert stages, f"{line}: stands before FROM"
        stages[-1].steps.append((instruction, value.strip()))
    return stages


STAGES = _parse((DEPLOY / "Dockerfile").read_text())
BUILD, RUN = STAGES


def test_the_parser_reads_comments_continuations_and_stages() -> None:
    (first, second) = _parse(
        "# x\nFROM a:1 AS b\nRUN one \\\n  # no\n  two\nFROM c@sha256:0\nUSER 1"
    )
    assert (first.image, first.name, first.steps) == ("a:1", "b", [("RUN", "one two")])
    assert (second.image, second.name, second.all("USER")) == ("c@sha256:0", "", ["1"])


def test_every_base_is_pinned_by_a_full_version() -> None:
    names = {stage.name for stage in STAGES}
    for stage in STAGES:
        assert stage.image in names or re.fullmatch(
            r"python:3\.\d+\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", stage.image
        ), stage.image
    assert len({stage.image for stage in STAGES}) == 1, "built on one Python, run on another"


def test_the_base_has_a_python_that_the_project_takes() -> None:
    least = tuple(map(int, project()["project"]["requires-python"].removeprefix(">=").split(".")))
    found = re.match(r"python:(\d+)\.(\d+)", RUN.image)
    assert found
    assert tuple(map(int, found.groups())) >= least


def test_the_image_runs_as_a_numeric_user_that_is_not_root() -> None:
    """Kubernetes' runAsNonRoot can only check a number."""
    user = RUN.all("USER")[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    after = [name for name, _ in RUN.steps[RUN.steps.index(("USER", user)) :]]
    assert not {"RUN", "COPY", "ADD"} & set(after)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_copied_source_exists(stage: Stage) -> None:
    for value in stage.all("COPY"):
        words = shlex.split(value)
        flags = [word for word in words if word.startswith("--")]
        sources = [word for word in words if word not in flags][:-1]
        if froms := [flag.partition("=")[2] for flag in flags if flag.startswith("--from=")]:
            assert froms[0] in {each.name for each in STAGES}
            continue
        for source in sources:
            assert (ROOT / source).exists(), f"COPY {source}: no such file"


def test_every_copied_source_gets_past_dockerignore() -> None:
    kept = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for value in BUILD.all("COPY")
        for source in shlex.split(value)[:-1]
        if not source.startswith("--")
    }
    assert copied == kept


def test_dockerignore_lets_nothing_in_by_default() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(line for line in lines if line and not line.startswith("#")) == "*"


def test_nothing_is_fetched_without_a_hash() -> None:
    for stage in STAGES:
        assert not stage.all("ADD")
        for command in stage.all("RUN"):
            assert not re.search(r"\b(curl|wget|git|apt-get)\b", command), command
            for part in re.findall(r"pip (?:install|wheel)[^&]*", command):
                assert "--require-hashes" in part or "--no-index" in part, part
    assert any("--require-hashes" in command for command in BUILD.all("RUN"))


def test_all_source_roots_are_copied() -> None:
    packages = project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = {value.split()[0] for value in BUILD.all("COPY")}
    assert {package.partition("/")[0] for package in packages} <= copied


def test_no_secret_is_baked_in() -> None:
    for stage in STAGES:
        for value in stage.all("ENV") + stage.all("ARG") + stage.all("LABEL"):
            assert not re.search(r"(?i)secret|token|passw|key", value), value


def test_the_image_tells_whether_it_lives_and_what_it_starts() -> None:
    (health,) = RUN.all("HEALTHCHECK")
    assert "/livez" in health
    command = orjson.loads(health.partition("CMD ")[2])
    compile(command[2], "healthcheck", "exec")
    (entry,), (start,) = RUN.all("ENTRYPOINT"), RUN.all("CMD")
    assert orjson.loads(entry) == list(project()["project"]["scripts"])
    assert orjson.loads(start)[0] == "up"
    assert RUN.all("STOPSIGNAL") == ["SIGTERM"]
