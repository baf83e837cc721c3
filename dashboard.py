"""`streamlit run dashboard.py`: the app when it is imported by the server, the overview when it is run as a page."""

import streamlit as st

if __name__ != "__main__":
    import sandbox
    from integrations import web
    from integrations.config import settings
    from integrations.service.runtime import SandboxStore
    from integrations.ui import unexpected

    web.check()
    web.prepare()
    samples = sandbox.routes(SandboxStore(), settings()) if settings().serves_samples else []
    app = st.App(
        __file__,
        middleware=web.middleware,
        routes=[*web.routes, *samples],
        lifespan=web.lifespan,
        on_script_error=unexpected,
    )
else:
    from integrations.ui import overview

    overview()
