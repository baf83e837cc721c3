"""Pages opened without a browser, as whoever a cookie says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import PropertyMock, patch

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
    """The page with one of its menus open; `menu`: how its key begins."""
    keys = [str(each) for each in app.session_state.filtered_state if str(each).startswith(menu)]
    for key in keys:
        app.session_state[key] = True
    return app.run()


def pressed(app: AppTest, label: str) -> AppTest:
    """The page after a click on the button whose label begins so."""
    return next(each for each in app.button if each.label.startswith(label)).click().run()


def words(app: AppTest) -> str:
    """Everything that a page says, without Markdown's backslashes."""
    kinds = ("title", "header", "subheader", "caption", "markdown", "error", "warning", "info", "text")
    return "\n".join(str(each.value) for kind in kinds for each in app.get(kind)).replace("\\", "")
