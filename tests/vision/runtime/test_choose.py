"""The choice of runtime and precision: what is asked for is what is used, or it is said what to install."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from countenance.terms.errors import Malformed, MissingPart
from countenance.vision.runtime import choose
from countenance.vision.runtime.choose import choose_precision, choose_runtime, usable_cores
from countenance.vision.runtime.onnxruntime import OnnxRuntime
from countenance.vision.runtime.openvino import OpenVino
from countenance.vision.runtime.session import Precision


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make a package look as if it were not installed."""
    hidden: set[str] = set()

    def find(name: str) -> object:
        return None if name in hidden else importlib.util.find_spec(name)

    monkeypatch.setattr(choose, "find_spec", find)
    return hidden.add


def test_auto_takes_openvino_and_else_onnxruntime(hide: Callable[[str], None]) -> None:
    """And where neither is there, it names what to install."""
    assert choose_runtime("auto").name == "openvino"
    hide("openvino")
    assert choose_runtime("auto").name == "onnxruntime"
    hide("onnxruntime")
    with pytest.raises(MissingPart, match="no runtime") as caught:
        choose_runtime("auto")
    assert "pip install" in caught.value.remedy


@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_a_runtime_that_was_named_is_never_replaced(name: str, hide: Callable[[str], None]) -> None:
    """Silently taking the other would put another name into every recipe."""
    assert choose_runtime(name).name == name
    hide(name)
    with pytest.raises(MissingPart, match=name) as caught:
        choose_runtime(name)
    assert name in caught.value.remedy


def test_an_unknown_name_is_malformed() -> None:
    with pytest.raises(Malformed, match="tensorflow"):
        choose_runtime("tensorflow")
    with pytest.raises(Malformed, match="f64"):
        choose_precision("f64", OnnxRuntime())


def test_precision_is_what_was_asked_or_an_error() -> None:
    """bfloat16 is computed natively or not at all; auto is what is native."""
    plain = OnnxRuntime()
    assert choose_precision("auto", plain) is Precision.FLOAT32
    with pytest.raises(MissingPart, match="bfloat16"):
        choose_precision("bf16", plain)
    other = OpenVino()
    assert choose_precision("auto", other) is other.natural_precision()
    assert choose_precision("f32", other) is Precision.FLOAT32


def test_there_is_at_least_one_core() -> None:
    assert usable_cores() >= 1


@pytest.mark.parametrize(("chosen", "other"), [("openvino", "onnxruntime"), ("onnxruntime", "openvino")])
def test_only_the_chosen_runtime_is_imported(chosen: str, other: str) -> None:
    """The start stays short, and the other may be missing."""
    code = (
        "import sys; from countenance.vision.runtime.choose import choose_runtime;"
        f"assert '{chosen}' not in sys.modules; choose_runtime('{chosen}');"
        f"sys.exit('{chosen}' not in sys.modules or '{other}' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A read-only models directory costs the next start some time, nothing else."""
    (tmp_path / "file").write_text("")
    assert OpenVino(tmp_path / "file" / "compiled").name == "openvino"
    assert "not cached" in caplog.text
