"""A whole course in small, for the tests of the gate. Its checks are material here, not tests."""

collect_ignore_glob = ["*"]
