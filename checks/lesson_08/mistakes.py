"""Typical wrong answers to lesson 08."""

from workshop.mistakes import Edit, Mistake

PROBLEMS = "shelf/problems.py"
MIDDLEWARE = "shelf/middleware.py"
LOGS = "shelf/logs.py"
MAIN = "shelf/main.py"
SERVICE = "shelf/bookmarks/service.py"
DATABASE = "shelf/database.py"

FORM = "test_every_error_is_a_problem_document"
ORIGINS = "test_errors_carry_what_browsers_need"
TAKEN = "test_an_id_is_taken_or_made"
EVERY = "test_the_id_stands_in_every_line"
ONE = "test_each_request_writes_one_line"
TOLD = "test_a_500_tells_nothing_and_the_log_tells_all"
SECRET = "test_the_log_keeps_no_secret"
LAYERS = "test_services_and_repositories_know_no_http"

ERRORS = '    errors = [{key: one[key] for key in ("loc", "msg", "type")} for one in error.errors()]\n'
ANSWERING = """            if not answered:
                facts: dict[str, Any] = {"traceback": traceback.format_exception(error)} if self.debug else {}
                answer = problem(Request(scope), 500, "Shelf has failed, and has written down why", **facts)
                await answer(scope, receive, send)
            raise
"""
ADDING = """    app.add_middleware(UnhandledErrors, debug=settings.debug)
    app.add_middleware(RequestLog)
    app.add_middleware(RequestId)
"""
CORS = """    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=METHODS,
        allow_headers=["Authorization", "Content-Type", ID_HEADER],
        expose_headers=[ID_HEADER],
    )
"""
SERVING = """        request_id.set(own)
        await self.app(scope, receive, send_with_id)
"""
LOGGING = """        try:
            await self.app(scope, receive, send_and_see)
        finally:
            took = round(1000 * (time.perf_counter() - began), 3)
            route = getattr(scope.get("route"), "path", None)  # the template: a path can hold anything
            fields = {"method": scope["method"], "route": route, "status": status, "milliseconds": took}
            logger.info("request", extra={"fields": fields})
"""
DUMPED = "        return json.dumps(line, default=str)\n"
ID_OF_LINE = '            "request_id": request_id.get(),\n'
SETTING_UP = (
    "            set_up_logs()  # late: uvicorn has set up its own by now, and people read why a start failed\n"
)
NOT_FOUND = '            raise NotFoundError("no such bookmark")\n'
IMPORTED = "from shelf.errors import NotFoundError\n"

ON_ERRORS = [
    Mistake(
        name="handles FastAPI's HTTPException",
        edits=[
            Edit(PROBLEMS, "from starlette.exceptions import HTTPException\n", ""),
            Edit(PROBLEMS, "from fastapi import Request,", "from fastapi import HTTPException, Request,"),
        ],
        caught_by=FORM,
        says="this refusal is the router's",
    ),
    Mistake(
        name="answers plain JSON",
        edits=[Edit(PROBLEMS, ", headers, media_type=FORM)", ", headers)")],
        caught_by=FORM,
        says="`media_type` says which kind",
    ),
    Mistake(
        name="leaves the headers of the error behind",
        edits=[Edit(PROBLEMS, "error.detail, error.headers)", "error.detail)")],
        caught_by=FORM,
        says="leaves `error.headers` behind",
    ),
    Mistake(
        name="returns exc.errors() as they are",
        edits=[Edit(PROBLEMS, ERRORS, "    errors = error.errors()\n")],
        caught_by=FORM,
        says="`input` repeats what was sent",
    ),
    Mistake(
        name="makes errors JSON that are none, with all that is in them",
        edits=[
            Edit(PROBLEMS, ERRORS, "    errors = jsonable_encoder(error.errors())\n"),
            Edit(PROBLEMS, "from fastapi.exc", "from fastapi.encoders import jsonable_encoder\nfrom fastapi.exc"),
        ],
        caught_by=FORM,
        says="and no more",
    ),
    Mistake(
        name="puts the list of fields into the text",
        edits=[Edit(PROBLEMS, '"fields are missing or wrong", errors=errors)', "errors, errors=errors)")],
        caught_by=FORM,
        says="is passed on as the text",
    ),
    Mistake(
        name="tells the whole URL",
        edits=[Edit(PROBLEMS, "quote(request.url.path)", "str(request.url)")],
        caught_by=FORM,
        says="the path of the request",
    ),
    Mistake(
        name="answers 200 in the document",
        edits=[Edit(PROBLEMS, '"status": status, "detail"', '"status": 400, "detail"')],
        caught_by=FORM,
        says="the same number in `status`",
    ),
    Mistake(
        name="loses the facts of an error",
        edits=[Edit(PROBLEMS, "told | facts, status", "told, status")],
        caught_by=FORM,
        says="a JSON object with the field `errors`",
    ),
    Mistake(
        name="loses the facts of a domain error alone",
        edits=[Edit(PROBLEMS, "str(error), **error.facts)", "str(error))")],
        caught_by=FORM,
        says="a JSON object with the field `failed`",
    ),
]

ON_LAYERS = [
    Mistake(
        name="handles Exception where the other errors are handled",
        edits=[
            Edit(MIDDLEWARE, ANSWERING, "            raise\n"),
            Edit(
                PROBLEMS,
                "HANDLERS: Any = {ShelfError",
                "async def answer_all(request: Request, error: Exception) -> Response:\n"
                '    return problem(request, 500, "Shelf has failed, and has written down why")\n\n\n'
                "HANDLERS: Any = {Exception: answer_all, ShelfError",
            ),
        ],
        caught_by=ORIGINS,
        says="ServerErrorMiddleware is always outermost",
    ),
    Mistake(
        name="adds CORS first, so that it is innermost",
        edits=[Edit(MIDDLEWARE, CORS, ""), Edit(MIDDLEWARE, ADDING, CORS + ADDING)],
        caught_by=ORIGINS,
        says="only what is answered inside of CORSMiddleware",
    ),
    Mistake(
        name="lets every origin in",
        edits=[Edit(MIDDLEWARE, "allow_origins=settings.cors_origins", 'allow_origin_regex=".*"')],
        caught_by=ORIGINS,
        says="all origins are let in",
    ),
    Mistake(
        name="answers what went wrong inside",
        edits=[Edit(MIDDLEWARE, '"Shelf has failed, and has written down why"', "repr(error)")],
        caught_by=TOLD,
        says="the error's own text is passed on",
    ),
    Mistake(
        name="answers and swallows the error",
        edits=[Edit(MIDDLEWARE, ANSWERING, ANSWERING.replace("            raise\n", ""))],
        caught_by=TOLD,
        says="nobody logs it",
    ),
    Mistake(
        name="logs the error without its traceback",
        edits=[
            Edit(MIDDLEWARE, ANSWERING, ANSWERING.replace("raise\n", 'logger.error("failed: %s", error)\n')),
        ],
        caught_by=TOLD,
        says="but not its traceback",
    ),
    Mistake(
        name="sets the id back when the answer is on its way",
        edits=[
            Edit(
                MIDDLEWARE,
                SERVING,
                """        token = request_id.set(own)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            request_id.reset(token)
""",
            )
        ],
        caught_by=TOLD,
        says="the server does that last",
    ),
    Mistake(
        name="does not pass debug on",
        edits=[Edit(MIDDLEWARE, "debug=settings.debug)", "debug=False)")],
        caught_by=TOLD,
        says="does not know `debug`",
    ),
]

ON_IDS = [
    Mistake(
        name="takes every id",
        edits=[Edit(MIDDLEWARE, "brought if ID_FORM.fullmatch(brought) else uuid4().hex", "brought or uuid4().hex")],
        caught_by=TAKEN,
        says="used as it came",
    ),
    Mistake(
        name="looks at the beginning of an id",
        edits=[Edit(MIDDLEWARE, "ID_FORM.fullmatch", "ID_FORM.match")],
        caught_by=TAKEN,
        says="as `match` does",
    ),
    Mistake(
        name="takes no id at all",
        edits=[Edit(MIDDLEWARE, "brought if ID_FORM.fullmatch(brought) else uuid4().hex", "uuid4().hex")],
        caught_by=TAKEN,
        says="the same id: it is well formed",
    ),
    Mistake(
        name="takes ids that are UUIDs alone",
        edits=[Edit(MIDDLEWARE, 're.compile(r"[A-Za-z0-9_-]{8,64}")', 're.compile(r"[0-9a-f-]{32,36}")')],
        caught_by=TAKEN,
        says="more strictly than the lesson",
    ),
    Mistake(
        name="keeps the id in a global",
        edits=[
            Edit(
                LOGS,
                'request_id: ContextVar[str | None] = ContextVar("request_id", default=None)\n',
                """class Kept:
    value: str | None = None

    def set(self, value: str | None) -> None:
        self.value = value

    def get(self) -> str | None:
        return self.value


request_id = Kept()
""",
            )
        ],
        caught_by=EVERY,
        says="the id stands in one place for all requests",
    ),
    Mistake(
        name="makes an id for the log and another one for the answer",
        edits=[Edit(MIDDLEWARE, "request_id.set(own)", "request_id.set(uuid4().hex)")],
        caught_by=EVERY,
        says="another one than the answer tells",
    ),
    Mistake(
        name="adds the id with a filter of one logger",
        edits=[
            Edit(LOGS, ID_OF_LINE, '            "request_id": getattr(record, "request_id", None),\n'),
            Edit(
                LOGS,
                "def set_up_logs() -> None:\n",
                """class AddId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


for name in ("shelf", "shelf.meeting", "shelf.middleware", "uvicorn.error"):
    logging.getLogger(name).addFilter(AddId())


def set_up_logs() -> None:
""",
            ),
        ],
        caught_by=EVERY,
        says="added by a filter of a logger",
    ),
    Mistake(
        name="lets one request in after another",
        edits=[
            Edit(MIDDLEWARE, SERVING, SERVING.replace("        await", "        async with TURN:\n            await")),
            Edit(MIDDLEWARE, "logger = logging", "TURN = asyncio.Lock()\nlogger = logging"),
            Edit(MIDDLEWARE, "import logging\n", "import asyncio\nimport logging\n"),
        ],
        caught_by=EVERY,
        says="with a lock for example",
    ),
]

ON_LINES = [
    Mistake(
        name="writes the path",
        edits=[Edit(MIDDLEWARE, 'getattr(scope.get("route"), "path", None)', 'scope["path"]')],
        caught_by=ONE,
        says="the path is written",
    ),
    Mistake(
        name="writes the line after the request, unless that fails",
        edits=[
            Edit(
                MIDDLEWARE,
                LOGGING,
                LOGGING.replace("        try:\n            await", "        if True:\n            await").replace(
                    "        finally:", "        if True:"
                ),
            )
        ],
        caught_by=ONE,
        says="`finally` sees it",
    ),
    Mistake(
        name="measures seconds",
        edits=[Edit(MIDDLEWARE, "round(1000 * (", "round(1 * (")],
        caught_by=ONE,
        says="the unit is another one",
    ),
    Mistake(
        name="writes the line before the request",
        edits=[
            Edit(
                MIDDLEWARE,
                LOGGING,
                """        took = time.perf_counter() - began
        fields = {"method": scope["method"], "route": None, "status": 200, "milliseconds": took}
        logger.info("request", extra={"fields": fields})
        await self.app(scope, receive, send_and_see)
""",
            )
        ],
        caught_by=ONE,
        says="`route`: null",
    ),
    Mistake(
        name="joins the JSON by hand",
        edits=[
            Edit(
                LOGS,
                DUMPED,
                '        return "{" + ", ".join(f\'"{key}": "{value}"\' for key, value in line.items()) + "}"\n',
            )
        ],
        caught_by=ONE,
        says="`status`: 200",
    ),
    Mistake(
        name="prints tracebacks below the line",
        edits=[
            Edit(
                LOGS,
                DUMPED,
                """        exception = line.pop("exception", "")
        return json.dumps(line, default=str) + (f"\\n{exception}" if exception else "")
""",
            )
        ],
        caught_by=ONE,
        says="a traceback stands in one of them",
    ),
    Mistake(
        name="sets the logs up when the app is put together",
        edits=[
            Edit(MAIN, SETTING_UP, ""),
            Edit(MAIN, "    settings = load_settings()\n", "    settings = load_settings()\n    set_up_logs()\n"),
        ],
        caught_by=ONE,
        says="its loggers have handlers of their own",
    ),
    Mistake(
        name="loses what BaseHTTPMiddleware calls",
        edits=[
            Edit(
                MIDDLEWARE,
                ADDING,
                """    app.add_middleware(UnhandledErrors, debug=settings.debug)
    app.add_middleware(RequestId)
    app.add_middleware(BaseHTTPMiddleware, dispatch=log)
""",
            ),
            Edit(
                MIDDLEWARE,
                "def add_layers(",
                """async def log(request: Request, call_next: Any) -> Any:
    began = time.perf_counter()
    answer = await call_next(request)
    route = getattr(request.scope.get("route"), "path", None)
    took = 1000 * (time.perf_counter() - began)
    fields = {"method": request.method, "route": route, "status": answer.status_code, "milliseconds": took}
    logger.info("request", extra={"fields": fields})
    return answer


def add_layers(""",
            ),
            Edit(
                MIDDLEWARE,
                "from starlette.types",
                "from starlette.middleware.base import BaseHTTPMiddleware\nfrom starlette.types",
            ),
        ],
        caught_by=ONE,
        says="what is set in there is lost out here",
    ),
    Mistake(
        name="has every line printed twice",
        edits=[Edit(LOGS, '"handlers": [], "propagate": True} for', '"handlers": ["stderr"], "propagate": True} for')],
        caught_by=EVERY,
        says="two handlers print the same record",
    ),
    Mistake(
        name="hears nothing below WARNING",
        edits=[Edit(LOGS, '{"level": "INFO", "handlers"', '{"level": "WARNING", "handlers"')],
        caught_by=EVERY,
        says="heard from INFO on",
    ),
    Mistake(
        name="logs the URL as well",
        edits=[
            Edit(MIDDLEWARE, '"status": status, "mill', '"query": str(scope["query_string"]), "status": status, "mill')
        ],
        caught_by=SECRET,
        says="A query had a secret in it",
    ),
    Mistake(
        name="logs the headers as well",
        edits=[
            Edit(MIDDLEWARE, '"status": status, "mill', '"headers": str(scope["headers"]), "status": status, "mill')
        ],
        caught_by=SECRET,
        says="headers are logged",
    ),
    Mistake(
        name="logs what was refused",
        edits=[
            Edit(PROBLEMS, ERRORS, ERRORS + '    logging.getLogger(__name__).warning("refused: %s", error.body)\n'),
            Edit(PROBLEMS, "from collections.abc", "import logging\nfrom collections.abc"),
        ],
        caught_by=SECRET,
        says="what was sent is logged",
    ),
    Mistake(
        name="leaves uvicorn its own lines about requests",
        edits=[
            Edit(LOGS, '    loggers["uvicorn.access"] = {"handlers": [], "propagate": False}\n', ""),
            Edit(LOGS, 'TALKATIVE = ("shelf", "uvicorn")', 'TALKATIVE = ("shelf", "uvicorn", "uvicorn.access")'),
        ],
        caught_by=SECRET,
        says="by uvicorn, whose own lines",
    ),
    Mistake(
        name="lets SQLAlchemy tell values",
        edits=[Edit(DATABASE, ", hide_parameters=True", "")],
        caught_by=SECRET,
        says="the values of a statement into its errors",
    ),
]

ON_SERVICES = [
    Mistake(
        name="raises HTTPException in the service",
        edits=[
            Edit(SERVICE, NOT_FOUND, '            raise HTTPException(404, "no such bookmark")\n'),
            Edit(SERVICE, IMPORTED, "from fastapi import HTTPException\n"),
        ],
        caught_by=LAYERS,
        says="shelf/bookmarks/service.py imports HTTP",
    ),
    Mistake(
        name="imports HTTP when it is needed",
        edits=[
            Edit(
                SERVICE,
                NOT_FOUND,
                "            from starlette.exceptions import HTTPException\n\n"
                '            raise HTTPException(404, "no such bookmark")\n',
            ),
            Edit(SERVICE, IMPORTED, ""),
        ],
        caught_by=LAYERS,
        says="moved out of sight",
    ),
    Mistake(
        name="makes a domain error an HTTPException",
        edits=[
            Edit(
                "shelf/errors.py",
                "class NotFoundError(ShelfError):\n",
                "class NotFoundError(HTTPException):\n",
            ),
            Edit(
                "shelf/errors.py",
                "from typing import Any\n",
                "from typing import Any\n\nfrom fastapi import HTTPException\n",
            ),
        ],
        caught_by=LAYERS,
        says="shelf/errors.py imports HTTP",
    ),
    Mistake(
        name="returns None for what is not there",
        edits=[
            Edit(SERVICE, "        if bookmark is None:\n" + NOT_FOUND, ""),
            Edit(SERVICE, IMPORTED, ""),
        ],
        caught_by=LAYERS,
        says="it returned None",
    ),
]

MISTAKES = [*ON_ERRORS, *ON_LAYERS, *ON_IDS, *ON_LINES, *ON_SERVICES]
