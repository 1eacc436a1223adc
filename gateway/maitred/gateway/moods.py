"""Moods: the mood model that a site reads its messages with, by name or from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from maitred.contracts.errors import ConfigurationError
from maitred.gateway import plugins
from maitred.gateway.settings.shapes import MoodSettings
from maitred.router.mood.artefact import BYTES_MAX, Artefact, BrokenArtefact, from_bytes
from maitred.router.mood.linear import LinearMoodModel
from maitred.router.mood.port import MoodModel

FILE: Final = "mood.file"


def mood_model(settings: MoodSettings) -> MoodModel:
    """Return the model that the settings name.

    Raises:
        ConfigurationError: there is none of that name, or the file holds none.
    """
    if settings.file is not None:
        return LinearMoodModel(artefact_in(settings.file, path=FILE))
    return named(settings.model, path="mood.model")


def named(name: str, *, path: str) -> MoodModel:
    """Return a model by the name of its entry point.

    Raises:
        ConfigurationError: nobody offers that name.
    """
    made: MoodModel = plugins.load(plugins.MOOD_MODELS, name, path=path)()
    return made


def artefact_in(file: Path, *, path: str) -> Artefact:
    """Return the trained model in a file; `path` says which setting or argument named it.

    Raises:
        ConfigurationError: the file cannot be read, or holds no model that can be used.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(BYTES_MAX + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"{path}: {file}: {reason}; name a file that `maitred mood train` wrote"
        ) from None
    if len(raw) > BYTES_MAX:
        raise ConfigurationError(f"{path}: {file}: it is too large to be a mood model")
    try:
        return from_bytes(raw)
    except BrokenArtefact as error:
        raise ConfigurationError(f"{path}: {file}: {error}") from None
