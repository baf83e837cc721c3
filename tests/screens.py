"""Pages opened without a browser, as whoever a cookie says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import PropertyMock, patch

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from integrations.config.settings import ROOT

COOKIES = "streamlit.runtime.context.ContextProxy.cookies"
Page = Callable[..., AppTest]


@contextmanager
def opened_by(cookie: str) -> Iterator[Page]:
    """Gives what opens a page by its slug with a query; an empty slug is the overview."""
    with own_main(), patch(COOKIES, new_callable=PropertyMock, return_value={"sid": cookie}) as cookies:

        def open_page(slug: str = "", sid: str = cookie, **query: str | list[str]) -> AppTest:
            cookies.return_value = {"sid": sid} if sid else {}
            app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=20)
            if slug:
                app = app.switch_page(f"pages/{slug}.py")
            for name, value in query.items():
                app.query_params[name] = value
            return app.run()

        yield open_page


@contextmanager
def own_main() -> Iterator[None]:
    """A script is run as __main__, and stays there: worker processes would take it for theirs."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def opened(app: AppTest, menu: str) -> AppTest:
    """The page with the menu of this key open."""
    app.session_state[menu] = True
    return app.run()


def grid(app: AppTest) -> pa.Table:
    """The rows in the grid as they are sent, without its index."""
    table = pa.ipc.open_stream(app.dataframe[0].proto.arrow_data.data).read_all()
    return table.select([name for name in table.column_names if name != "row"])


def names(app: AppTest) -> list[str]:
    """The names of the rows in the grid, without the space that fills their cells."""
    return [each.rstrip("\u2003") for each in grid(app).column(0).to_pylist()]


def pressed(app: AppTest, label: str) -> AppTest:
    """The page after a click on the button whose label begins so."""
    return next(each for each in app.button if each.label.startswith(label)).click().run()


def words(app: AppTest) -> str:
    """Everything that a page says, without Markdown's backslashes."""
    kinds = ("title", "header", "subheader", "caption", "markdown", "error", "warning", "info", "text")
    texts = [str(each.value) for kind in kinds for each in app.get(kind)]
    menus = [str(each.proto.popover.label) for each in app.get("popover")]
    return "\n".join([*texts, *menus]).replace("\\", "")
