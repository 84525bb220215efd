"""The permissions that requests, projects, imports and releases ask for; the matrix says who has them."""

from enum import StrEnum


class Action(StrEnum):
    """What may be permitted or refused."""

    REQUEST_SEND = "request:send"
    REQUEST_READ = "request:read"
    QUOTE_MAKE = "quote:make"
    QUOTE_DECIDE = "quote:decide"
    PROJECT_READ = "project:read"
    PROJECT_CONFIGURE = "project:configure"
    ACCESS_REVIEW = "access:review"
    READS_SEE = "reads:see"
    READS_VERIFY = "reads:verify"
    PROJECT_PROTECT = "project:protect"
    CLASS_LOWER = "class:lower"
    UNIT_READ = "unit:read"
    UNIT_ORIGINAL = "unit:original"
    UNIT_CLASSIFY = "unit:classify"
    PROJECT_FINISH = "project:finish"
    LANE_OPEN = "lane:open"
    GRANT_SET = "grant:set"
    UNIT_IMPORT = "unit:import"
    GOLD_IMPORT = "gold:write"
    GOLD_READ = "gold:read"
    RELEASE_CUT = "release:cut"
    RELEASE_READ = "release:read"
    RELEASE_DOWNLOAD = "release:download"
    RELEASE_OPEN = "release:open"
    RELEASE_DECIDE = "release:decide"
    RELEASE_BUILD = "release:build"
