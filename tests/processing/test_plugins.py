"""Plug-ins: one new module in the folder is all it takes."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio

from processing import registry
from processing.__main__ import main
from processing.errors import InvalidOrder
from processing.spec import MosaicSpec

OLDEST = '''
"""The oldest valid observation."""

import numpy as np

from processing.methods.base import NO_SPREAD, Choice


class Oldest:
    name = "oldest"
    title = "Oldest"
    summary = "The oldest valid observation of the period."
    mask = "scl"
    compares = ()
    options = ()

    def choose(self, stack, options):
        last = len(stack.observations) - 1
        chosen = last - np.argmax(stack.valid[::-1], axis=0) if stack.observations else np.zeros(stack.valid.shape[1:])
        any_valid = stack.valid.any(axis=0)
        spread = np.full(any_valid.shape, NO_SPREAD, np.uint16)
        return Choice(np.where(any_valid, chosen, -1).astype(np.int16), any_valid.astype(np.uint8), spread)

    def without(self, missing):
        return ""


PLUGIN = Oldest()
'''


@pytest.fixture
def oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with one more method, seen by the package as part of its own."""
    folder = tmp_path / "methods"
    folder.mkdir()
    (folder / "oldest.py").write_text(OLDEST)
    package = importlib.import_module("processing.methods")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget():
    registry.names.cache_clear()
    registry._plugins.cache_clear()


@pytest.mark.parametrize("kind", ["methods", "masks", "formats"])
def test_every_plugin_is_named_for_its_module_and_describes_itself(kind):
    plugins = getattr(registry, kind)()
    assert plugins
    for name, plugin in plugins.items():
        assert plugin.name == name
        assert plugin.title
        assert plugin.summary


def test_every_method_has_a_mask_that_exists():
    assert {method.mask for method in registry.methods().values()} <= set(registry.masks())


def test_an_unknown_method_is_refused(order):
    with pytest.raises(InvalidOrder, match="'oldest' is not a method"):
        MosaicSpec.parse(order(method="oldest"))


@pytest.mark.usefixtures("oldest")
def test_a_new_module_appears_in_orders_and_in_the_schema(order):
    assert registry.methods()["oldest"].title == "Oldest"
    assert "oldest" in MosaicSpec.model_json_schema()["properties"]["method"]["enum"]
    assert MosaicSpec.parse(order(method="oldest")).method == "oldest"


@pytest.mark.usefixtures("oldest")
def test_a_new_module_appears_in_the_help_of_the_command_line(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "oldest" in capsys.readouterr().out


@pytest.mark.usefixtures("oldest")
def test_a_new_module_makes_mosaics(archive, order_file, tmp_path, capsys):
    made = {}
    for method in ("oldest", "latest"):
        out = tmp_path / method
        code = main([order_file(method=method), "--source", str(archive), "--out", str(out), "--quiet"])
        assert code == 0, capsys.readouterr().err
        (path,) = out.rglob("source_index_*.tiff")
        with rasterio.open(path) as dataset:
            made[method] = dataset.read(1)
        (provenance,) = out.rglob("provenance.json")
        assert json.loads(provenance.read_text())["order"]["method"] == method
    assert np.array_equal(made["oldest"] < 0, made["latest"] < 0)
    assert (made["oldest"] <= made["latest"]).all()
    assert (made["oldest"] < made["latest"]).any()
