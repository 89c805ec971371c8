"""Typical wrong answers to lesson 02."""

from workshop.mistakes import Edit, Mistake

SCHEMAS = "shelf/schemas.py"
BOOKMARKS = "shelf/bookmarks.py"
ERRORS = "shelf/errors.py"

IMPORT = "from pydantic import (\n"
WEB_URL = "WebUrl = Annotated[str, Field(max_length=2048), AfterValidator(_as_it_came)]\n"
JUDGE = "    AnyHttpUrl(url)\n"
LOOK_AT_ORIGINAL = 'if not re.fullmatch(r"\\w+://[^\\s/\\\\][^\\s\\x00-\\x1f]*", url):'
TIDY = """    spellings: dict[str, str] = {}
    for name in filter(None, names):
        spellings.setdefault(name.casefold(), name)
    return [spellings[name] for name in sorted(spellings)]
"""
UPDATE = """class BookmarkUpdate(BaseModel):
    \"\"\"What a client may send to change a part of a bookmark: any of these, and none of them null.\"\"\"

    url: WebUrl | MISSING = MISSING
    title: Title | MISSING = MISSING
    description: Text | MISSING = MISSING
    notes: Text | MISSING = MISSING
    is_archived: bool | MISSING = MISSING
    unread: bool | MISSING = MISSING
    shared: bool | MISSING = MISSING
    tag_names: TagNames | MISSING = MISSING
"""
WITH_NULLS = UPDATE.replace("MISSING", "None")
INHERITS = "class BookmarkUpdate(BookmarkCreate):\n    url: WebUrl = 'https://example.com'\n"
CREATE_FIELDS = "    url: WebUrl\n    title: Title"
DUMP = "sent.model_dump()"
USERNAME = 'Annotated[str, Field(min_length=3, max_length=50, pattern="^[a-zA-Z0-9_]+$")]'
PASSWORD = "    password: Annotated[SecretStr, Field(min_length=12, max_length=1024)]\n"
DETAIL = '[{key: one[key] for key in ("loc", "msg", "type")} for one in error.errors()]'
CHECKED_WHOLE = """    password: SecretStr

    @model_validator(mode="after")
    def _acceptable(self) -> "AccountCreate":
        if not 12 <= len(self.password) <= 1024:
            raise ValueError("the password has the wrong length")
        return self
"""
NO_WEB_URL = '        raise ValueError("no web URL")\n'
ENCODER = "from fastapi.encoders import jsonable_encoder\n"
EIGHT_BYTES = 'store.bookmark(int.from_bytes(bookmark_id.to_bytes(8, "big"), "big"))'


def validator(name: str, fault: str, message: str) -> list[Edit]:
    """The edits that give a field of the account a validator of Python, in place of its limits."""
    field = {"username": USERNAME, "password": PASSWORD.partition(": ")[2].strip()}[name]
    method = f"    @field_validator({name!r})\n    @classmethod\n    def _check(cls, value: str) -> str:\n"
    method += f"        if {fault}:\n            raise ValueError({message})\n        return value\n"
    return [
        Edit(SCHEMAS, IMPORT, f"{IMPORT}    field_validator,\n"),
        Edit(SCHEMAS, f"{name}: {field}\n", f"{name}: str\n"),
        Edit(SCHEMAS, "\n\nclass AccountInDB", f"\n{method}\n\nclass AccountInDB"),
    ]


# Whole

WHOLE = [
    Mistake(
        name="lets null stand for what was left out",
        edits=[
            Edit(SCHEMAS, 'url: str\n    title: str = ""\n', "url: str\n    title: str | None = None\n"),
            Edit(SCHEMAS, 'url: WebUrl\n    title: Title = ""\n', "url: WebUrl\n    title: Title | None = None\n"),
        ],
        caught_by="test_a_bookmark_comes_back_whole",
        says="the schema has another default",
    ),
    Mistake(
        name="leaves out of the answer what is null",
        edits=[
            Edit(BOOKMARKS, "status_code=status.HTTP_201_CREATED", "status_code=201, response_model_exclude_none=True")
        ],
        caught_by="test_a_bookmark_comes_back_whole",
        says="lacks the field",
    ),
    Mistake(
        name="leaves out what was not sent, for PUT and POST too",
        edits=[
            Edit(BOOKMARKS, "new.model_dump()", "new.model_dump(exclude_unset=True)"),
            Edit(BOOKMARKS, DUMP, "sent.model_dump(exclude_unset=True)"),
        ],
        caught_by="test_a_bookmark_comes_back_whole",
        says="what was left out keeps its old value",
    ),
]

# URLs

URLS = [
    Mistake(
        name="keeps the URL as HttpUrl spells it",
        edits=[Edit(SCHEMAS, "    return url\n", "    return str(AnyHttpUrl(url))\n")],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="the schema keeps its parsed form of the URL",
    ),
    Mistake(
        name="keeps the URL as HttpUrl spells it, without the last slash",
        edits=[Edit(SCHEMAS, "    return url\n", '    return str(AnyHttpUrl(url)).rstrip("/")\n')],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="nothing taken away",
    ),
    Mistake(
        name="lets HttpUrl count the characters",
        edits=[Edit(SCHEMAS, JUDGE, "    HttpUrl(url)\n"), Edit(SCHEMAS, "    Field,\n", "    Field,\n    HttpUrl,\n")],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="something counts bytes",
    ),
    Mistake(
        name="takes small letters alone for a scheme",
        edits=[Edit(SCHEMAS, JUDGE, f'    if not url.startswith(("http://", "https://")):\n{NO_WEB_URL}')],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="is a good URL",
    ),
    Mistake(
        name="looks whether the URL begins with http",
        edits=[Edit(SCHEMAS, JUDGE, f'    if not url.lower().startswith("http"):\n{NO_WEB_URL}')],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="only begins like http",
    ),
    Mistake(
        name="judges a mended copy and keeps the original",
        edits=[Edit(SCHEMAS, LOOK_AT_ORIGINAL, "if not url:")],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="lacks the two slashes",
    ),
    Mistake(
        name="forgets that $ lets a line break pass",
        edits=[Edit(SCHEMAS, LOOK_AT_ORIGINAL, 'if not re.match(r"https?://[^\\s/]\\S*$", url, re.IGNORECASE):')],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="ends with a line break",
    ),
    Mistake(
        name="cuts the white space off",
        edits=[Edit(SCHEMAS, WEB_URL, WEB_URL.replace("Field(", "StringConstraints(strip_whitespace=True, "))],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="begins with white space",
    ),
    Mistake(
        name="checks the URL of a new bookmark alone",
        edits=[Edit(SCHEMAS, "url: WebUrl | MISSING", "url: str | MISSING")],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="the schema of this route lets such a URL pass",
    ),
    Mistake(
        name="hands on the errors as they are",
        edits=[Edit(ERRORS, DETAIL, "error.errors()")],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="ValueError is not JSON serializable",
    ),
    Mistake(
        name="takes only the input out of the errors",
        edits=[Edit(ERRORS, DETAIL, '[{key: one[key] for key in one if key != "input"} for one in error.errors()]')],
        caught_by="test_a_url_comes_back_byte_for_byte",
        says="ValueError is not JSON serializable",
    ),
]

# PATCH, and what the server owns

CHANGES = [
    Mistake(
        name="takes null for absent",
        edits=[Edit(SCHEMAS, UPDATE, WITH_NULLS), Edit(BOOKMARKS, DUMP, "sent.model_dump(exclude_none=True)")],
        caught_by="test_patch_changes_only_what_was_sent",
        says="null is taken for 'not sent'",
    ),
    Mistake(
        name="lets null through",
        edits=[Edit(SCHEMAS, UPDATE, WITH_NULLS), Edit(BOOKMARKS, DUMP, "sent.model_dump(exclude_unset=True)")],
        caught_by="test_patch_changes_only_what_was_sent",
        says="validation error for BookmarkResponse",
    ),
    Mistake(
        name="takes the defaults of a new bookmark for sent",
        edits=[Edit(SCHEMAS, UPDATE, INHERITS)],
        caught_by="test_patch_changes_only_what_was_sent",
        says="a default of the schema counts as if it had been sent",
    ),
    Mistake(
        name="takes what equals the default for absent",
        edits=[Edit(SCHEMAS, UPDATE, INHERITS), Edit(BOOKMARKS, DUMP, "sent.model_dump(exclude_defaults=True)")],
        caught_by="test_patch_changes_only_what_was_sent",
        says="was sent, and it is taken for 'not sent' or for the default",
    ),
    Mistake(
        name="takes what is empty or false for absent",
        edits=[Edit(BOOKMARKS, DUMP, "{name: value for name, value in sent.model_dump().items() if value}")],
        caught_by="test_patch_changes_only_what_was_sent",
        says="was sent, and it is taken for 'not sent' or for the default",
    ),
    Mistake(
        name="uses one schema for in and out",
        edits=[
            Edit(SCHEMAS, CREATE_FIELDS, f"    id: int | None = None\n{CREATE_FIELDS}"),
            Edit(BOOKMARKS, "new.model_dump()", "new.model_dump(exclude_none=True)"),
        ],
        caught_by="test_what_the_server_owns_cannot_be_sent",
        says="a schema for what comes in knows a field that only the server may fill",
    ),
    Mistake(
        name="protects the id alone",
        edits=[
            Edit(SCHEMAS, CREATE_FIELDS, f"    date_modified: datetime | None = None\n{CREATE_FIELDS}"),
            Edit(BOOKMARKS, "new.model_dump()", "new.model_dump(exclude_none=True)"),
        ],
        caught_by="test_what_the_server_owns_cannot_be_sent",
        says="A client sent `date_modified`",
    ),
    Mistake(
        name="refuses what it does not know",
        edits=[Edit(SCHEMAS, CREATE_FIELDS, f'    model_config = ConfigDict(extra="forbid")\n\n{CREATE_FIELDS}')],
        caught_by="test_what_the_server_owns_cannot_be_sent",
        says="are ignored",
    ),
]

# Tags and lists

LISTS = [
    Mistake(
        name="makes the tags a set",
        edits=[Edit(SCHEMAS, TIDY, "    return sorted(set(filter(None, names)))\n")],
        caught_by="test_tags_are_tidy",
        says="count as different when only their case differs",
    ),
    Mistake(
        name="makes all tags small",
        edits=[Edit(SCHEMAS, TIDY, "    return sorted({name.lower() for name in names if name})\n")],
        caught_by="test_tags_are_tidy",
        says="its case is changed",
    ),
    Mistake(
        name="keeps the last spelling",
        edits=[Edit(SCHEMAS, "spellings.setdefault(name.casefold(), name)", "spellings[name.casefold()] = name")],
        caught_by="test_tags_are_tidy",
        says="not the first is kept",
    ),
    Mistake(
        name="sorts capitals before small letters",
        edits=[Edit(SCHEMAS, "[spellings[name] for name in sorted(spellings)]", "sorted(spellings.values())")],
        caught_by="test_tags_are_tidy",
        says="every capital comes before every small letter",
    ),
    Mistake(
        name="keeps a tag that is blank",
        edits=[Edit(SCHEMAS, "filter(None, names)", "names")],
        caught_by="test_tags_are_tidy",
        says="kept as an empty one",
    ),
    Mistake(
        name="trims the tags after it has compared them",
        edits=[
            Edit(SCHEMAS, "strip_whitespace=True, ", ""),
            Edit(SCHEMAS, "filter(None, names)", "filter(str.strip, names)"),
            Edit(SCHEMAS, "[spellings[name] for", "[spellings[name].strip() for"),
        ],
        caught_by="test_tags_are_tidy",
        says="compared before they are trimmed",
    ),
    Mistake(
        name="tidies the tags of a new bookmark alone",
        edits=[Edit(SCHEMAS, "tag_names: TagNames | MISSING", "tag_names: list[Tag] | MISSING")],
        caught_by="test_tags_are_tidy",
        says="PATCH with tag_names",
    ),
    Mistake(
        name="hands an id to something that cannot count so far",
        edits=[
            Edit(BOOKMARKS, "BookmarkId = Annotated[int, Path(ge=1, le=LARGEST)]", "BookmarkId = int"),
            Edit(BOOKMARKS, "store.bookmark(bookmark_id)", EIGHT_BYTES),
        ],
        caught_by="test_bookmarks_are_listed_and_deleted",
        says="An id beyond any counting",
    ),
]

# Accounts, and what a refusal says

ACCOUNTS = [
    Mistake(
        name="answers with what is kept",
        edits=[Edit(SCHEMAS, "class AccountResponse(AccountBase):", "class AccountResponse(AccountInDB):")],
        caught_by="test_a_password_never_comes_back",
        says="has the password among its fields",
    ),
    Mistake(
        name="answers with the schema that came in",
        edits=[
            Edit(SCHEMAS, "class AccountResponse(AccountBase):", "class AccountResponse(AccountCreate):"),
            Edit(SCHEMAS, "password: Annotated[SecretStr,", "password: Annotated[str,"),
            Edit(SCHEMAS, "    password: SecretStr\n", "    password: str\n"),
        ],
        caught_by="test_a_password_never_comes_back",
        says="The password that was sent is",
    ),
    Mistake(
        name="makes JSON of the errors, whatever is in them",
        edits=[
            Edit(ERRORS, DETAIL, "jsonable_encoder(error.errors())"),
            Edit(ERRORS, "from fastapi.exc", f"{ENCODER}from fastapi.exc"),
        ],
        caught_by="test_a_password_never_comes_back",
        says="the refusal repeats what was sent",
    ),
    Mistake(
        name="hides the input of the password alone",
        edits=[
            Edit(
                ERRORS, DETAIL, DETAIL.replace('"type")', '"type", *(() if "password" in one["loc"] else ("input",)))')
            ),
        ],
        caught_by="test_a_password_never_comes_back",
        says="There is no username",
    ),
    Mistake(
        name="adds the whole body, for debugging",
        edits=[Edit(ERRORS, '{"detail": detail}', '{"detail": detail, "body": error.body}')],
        caught_by="test_a_password_never_comes_back",
        says="the refusal repeats what was sent",
    ),
    Mistake(
        name="quotes the password that is too short",
        edits=validator("password", "not 12 <= len(value) <= 1024", "f'{value!r} has the wrong length'"),
        caught_by="test_a_password_never_comes_back",
        says="The password is too short",
    ),
    Mistake(
        name="checks the whole account in one place",
        edits=[
            Edit(SCHEMAS, IMPORT, f"{IMPORT}    model_validator,\n"),
            Edit(SCHEMAS, PASSWORD, CHECKED_WHOLE),
        ],
        caught_by="test_the_bad_field_is_named",
        says="its error belongs to no field",
    ),
    Mistake(
        name="tells of the first fault alone",
        edits=[Edit(ERRORS, "error.errors()]", "error.errors()[:1]]")],
        caught_by="test_the_bad_field_is_named",
        says="it ends at the first fault",
    ),
    Mistake(
        name="makes one sentence of all faults",
        edits=[Edit(ERRORS, DETAIL, '"; ".join(str(one["msg"]) for one in error.errors())')],
        caught_by="test_the_bad_field_is_named",
        says="the handler answers in another form",
    ),
    Mistake(
        name="takes every letter of the world for a-z",
        edits=[Edit(SCHEMAS, "^[a-zA-Z0-9_]+$", r"^\\w+$")],
        caught_by="test_the_bad_field_is_named",
        says="the schema of this route allows it",
    ),
    Mistake(
        name="lets a username end with a line break",
        edits=validator("username", "not re.match('^[a-zA-Z0-9_]{3,50}$', value)", "'letters, digits, _'"),
        caught_by="test_the_bad_field_is_named",
        says="the schema of this route allows it",
    ),
    Mistake(
        name="lets nobody in who is just 18",
        edits=[Edit(SCHEMAS, "Field(ge=18, le=150)", "Field(gt=18, le=150)")],
        caught_by="test_the_bad_field_is_named",
        says="is just allowed",
    ),
]

MISTAKES = WHOLE + URLS + CHANGES + LISTS + ACCOUNTS
