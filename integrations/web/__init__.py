"""The ASGI side of the app: what is not a page."""

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from .downloads import activity, download
from .focus import focus_script
from .health import healthz, readyz
from .middleware import Browser
from .sign_in import SignIn
from .startup import check, lifespan, prepare

middleware = [Middleware(Browser), Middleware(SignIn)]
routes: list[BaseRoute] = [
    Route("/download/{slug}", download),
    Route("/activity.csv", activity),
    Route("/focus.js", focus_script),
    Route("/healthz", healthz),
    Route("/readyz", readyz),
]

__all__ = ["check", "lifespan", "middleware", "prepare", "routes"]
